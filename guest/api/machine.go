package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"syscall"
	"time"
	"unsafe"

	"swarm/guest/observe"
	"swarm/guest/protocol"
)

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	status, ports := s.supervisor.Status()
	var wayOut *protocol.EgressStatus
	if s.gate != nil {
		wayOut = s.gate.Status()
	}
	answer(w, http.StatusOK, protocol.Status{
		Version: protocol.Version, MachineID: s.config.MachineID, UptimeMs: observe.UptimeMs(),
		Process: status, Listening: ports,
		Memory: observe.Memory(), Disk: observe.Disk(s.diskDir), CPUMs: observe.CPUMs(), Egress: wayOut,
	})
}

func (s *Server) clock(w http.ResponseWriter, r *http.Request) {
	var body struct {
		// A string or a number: nanoseconds do not fit a JavaScript number.
		UnixNanos json.Number `json:"unixNanos"`
	}
	if err := readBody(r, &body); err != nil {
		fail(w, err)
		return
	}
	nanos, err := body.UnixNanos.Int64()
	if err != nil || nanos <= 0 {
		fail(w, &protocol.Error{Code: "bad_request", Message: "unixNanos: nanoseconds since 1970 as a string of digits"})
		return
	}
	now := syscall.NsecToTimeval(nanos)
	if err := syscall.Settimeofday(&now); err != nil {
		fail(w, &protocol.Error{Code: "bad_request", Message: "clock: " + err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// rndAddEntropy is RNDADDENTROPY of <linux/random.h>, rndReseed RNDRESEEDCRNG.
const (
	rndAddEntropy = 0x40085203
	rndReseed     = 0x5207
	maxSeedBytes  = 512
)

func (s *Server) reseed(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Seed string `json:"seed"`
	}
	if err := readBody(r, &body); err != nil {
		fail(w, err)
		return
	}
	seed, err := base64.StdEncoding.DecodeString(body.Seed)
	if err != nil || len(seed) == 0 || len(seed) > maxSeedBytes {
		fail(w, &protocol.Error{Code: "bad_request", Message: "seed: 1 to 512 bytes in base64"})
		return
	}
	if err := addEntropy(seed); err != nil {
		fail(w, &protocol.Error{Code: "reseed_failed", Message: err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func addEntropy(seed []byte) error {
	device, err := os.OpenFile("/dev/urandom", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer device.Close()
	var request struct {
		bits, size int32
		bytes      [maxSeedBytes]byte
	}
	request.bits, request.size = int32(len(seed)*8), int32(len(seed))
	copy(request.bytes[:], seed)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, device.Fd(), rndAddEntropy, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, device.Fd(), rndReseed, 0); errno != 0 {
		return errno
	}
	return nil
}

// powerOffGrace is what a running process gets when nobody stopped it before.
const powerOffGrace = 5 * time.Second

func (s *Server) powerOffMachine(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Connection", "close")
	answer(w, http.StatusAccepted, struct{}{})
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
	go func() {
		_, _ = s.supervisor.Stop(syscall.SIGTERM, powerOffGrace)
		s.powerOff()
	}()
}
