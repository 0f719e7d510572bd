package api

import (
	"net/http"
	"os"
	"strings"
	"time"

	"swarm/guest/launch"
	"swarm/guest/protocol"
)

const (
	defaultRunTimeout = 30 * time.Second
	maxRunTimeout     = 15 * time.Minute
	defaultRunOutput  = 64 * 1024
	// outputGrace is how long a command's output may stay open after it ended.
	outputGrace = 500 * time.Millisecond
)

// boundedBuffer keeps the first bytes written to it and drops the others.
type boundedBuffer struct {
	bytes []byte
	limit int
}

func (b *boundedBuffer) add(chunk []byte) {
	if free := b.limit - len(b.bytes); free < len(chunk) {
		chunk = chunk[:free]
	}
	b.bytes = append(b.bytes, chunk...)
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	var spec protocol.RunSpec
	if err := readBody(r, &spec); err != nil {
		fail(w, err)
		return
	}
	release, ok := s.takeStream(w)
	if !ok {
		return
	}
	defer release()
	result, err := s.runCommand(spec, r.Context().Done())
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, result)
}

func (s *Server) runCommand(spec protocol.RunSpec, gone <-chan struct{}) (*protocol.RunResult, error) {
	timeout, limit := runLimits(spec)
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, err
	}
	defer null.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	started := time.Now()
	command, err := s.startCommand(spec.ProcessSpec, launch.Streams{Stdin: null, Stdout: write, Stderr: write})
	write.Close()
	if err != nil {
		return nil, err
	}
	defer command.Cgroup.End()
	collected := make(chan []byte, 1)
	go collect(read, limit, collected)

	result := &protocol.RunResult{}
	timer := time.NewTimer(timeout - time.Since(started))
	defer timer.Stop()
	select {
	case status := <-command.Exited:
		result.ExitCode, result.Signal = outcome(status)
	case <-timer.C:
		result.TimedOut = true
		_ = command.Cgroup.Kill()
		result.ExitCode, result.Signal = outcome(<-command.Exited)
	case <-gone:
		return nil, &protocol.Error{Code: "bad_request", Message: "the client went away"}
	}
	_ = read.SetReadDeadline(time.Now().Add(outputGrace))
	result.Output = strings.ToValidUTF8(string(<-collected), "\uFFFD")
	return result, nil
}

func runLimits(spec protocol.RunSpec) (time.Duration, int) {
	timeout := time.Duration(spec.TimeoutMs) * time.Millisecond
	if timeout <= 0 {
		timeout = defaultRunTimeout
	}
	if timeout > maxRunTimeout {
		timeout = maxRunTimeout
	}
	limit := spec.MaxOutputBytes
	if limit <= 0 {
		limit = defaultRunOutput
	}
	if limit > protocol.MaxRunOutput {
		limit = protocol.MaxRunOutput
	}
	return timeout, limit
}

// collect reads to the end, or to the deadline, and keeps the first limit bytes.
func collect(read *os.File, limit int, collected chan<- []byte) {
	buffer := boundedBuffer{limit: limit}
	chunk := make([]byte, 16*1024)
	for {
		n, err := read.Read(chunk)
		buffer.add(chunk[:n])
		if err != nil {
			collected <- buffer.bytes
			return
		}
	}
}
