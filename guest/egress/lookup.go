package egress

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Of <linux/bpf.h>.
const (
	sysBPF = 321

	bpfMapCreate  = 0
	bpfMapUpdate  = 2
	bpfProgLoad   = 5
	bpfLinkCreate = 28

	bpfMapTypeSockmap    = 15
	bpfProgTypeSkLookup  = 30
	bpfAttachSkLookup    = 36
	bpfFuncMapLookupElem = 1
	bpfFuncSkRelease     = 86
	bpfFuncSkAssign      = 124
)

// Keys of the map of sockets.
const (
	slotCaptured = iota
	slotNames
	slotCount
)

// capture lets the kernel ask a program of ours for each new connection: those to addresses that
// are not really this machine's come to `captured` whatever their port, and so do those to the
// stub resolver's TCP port; datagrams to port 53 of such addresses come to `names`. Agents lose no
// port by it. The answer keeps it in force: closing it ends it.
// https://docs.kernel.org/bpf/prog_sk_lookup.html
func capture(own, resolver net.IP, captured *net.TCPListener, names *net.UDPConn) (*os.File, error) {
	sockets, err := bpf(bpfMapCreate, &struct{ kind, keySize, valueSize, entries, flags uint32 }{
		bpfMapTypeSockmap, 4, 8, slotCount, 0,
	})
	if err != nil {
		return nil, fmt.Errorf("bpf map: %w", err)
	}
	defer syscall.Close(sockets)
	for slot, socket := range []syscall.Conn{slotCaptured: captured, slotNames: names} {
		if err := putSocket(sockets, uint32(slot), socket); err != nil {
			return nil, fmt.Errorf("bpf map: socket %d: %w", slot, err)
		}
	}
	program, err := loadProgram(lookupProgram(own, resolver, sockets))
	if err != nil {
		return nil, fmt.Errorf("bpf program: %w", err)
	}
	defer syscall.Close(program)
	namespace, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer namespace.Close()
	link, err := bpf(bpfLinkCreate, &struct{ program, target, attach, flags uint32 }{
		uint32(program), uint32(namespace.Fd()), bpfAttachSkLookup, 0,
	})
	if err != nil {
		return nil, fmt.Errorf("bpf link: %w", err)
	}
	return os.NewFile(uintptr(link), "sk_lookup"), nil
}

// bpf calls bpf(2); what it opens closes on exec.
func bpf[T any](command uintptr, attributes *T) (int, error) {
	value, _, errno := syscall.Syscall(sysBPF, command, uintptr(unsafe.Pointer(attributes)), unsafe.Sizeof(*attributes))
	if errno != 0 {
		return -1, errno
	}
	return int(value), nil
}

func putSocket(sockets int, slot uint32, socket syscall.Conn) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		value := uint64(fd)
		_, failed = bpf(bpfMapUpdate, &struct {
			fd    uint32
			_     uint32
			key   unsafe.Pointer
			value unsafe.Pointer
			flags uint64
		}{fd: uint32(sockets), key: unsafe.Pointer(&slot), value: unsafe.Pointer(&value)})
	})
	if err != nil {
		return err
	}
	return failed
}

func loadProgram(code []byte) (int, error) {
	license := []byte("Apache-2.0\x00")
	return bpf(bpfProgLoad, &struct {
		kind         uint32
		instructions uint32
		code         unsafe.Pointer
		license      unsafe.Pointer
		logLevel     uint32
		logSize      uint32
		logBuffer    uint64
		kernel       uint32
		flags        uint32
		name         [16]byte
		device       uint32
		attach       uint32
	}{
		kind: bpfProgTypeSkLookup, instructions: uint32(len(code) / instructionBytes),
		code: unsafe.Pointer(&code[0]), license: unsafe.Pointer(&license[0]),
		name: [16]byte{'s', 'w', 'a', 'r', 'm'}, attach: bpfAttachSkLookup,
	})
}

// Offsets within struct bpf_sk_lookup. local_ip4 is in network byte order, local_port in the host's.
const (
	contextFamily    = 8
	contextProtocol  = 12
	contextLocalIP4  = 40
	contextLocalPort = 60
)

const namePort = 53

// lookupProgram is, for every new connection and unconnected datagram:
//
//	if family != AF_INET                               pass
//	if TCP:  slot = captured; if to resolver:53        assign
//	elif UDP and port == 53: slot = names
//	else                                               pass
//	if address == own or its first octet is 127        pass
//	assign: socket = sockets[slot]; bpf_sk_assign(context, socket)
//	pass:   return SK_PASS
func lookupProgram(own, resolver net.IP, sockets int) []byte {
	const r0, r1, r2, r3, r6, r7, r8, r10 = 0, 1, 2, 3, 6, 7, 8, 10
	a := &assembler{labels: map[string]int{}}
	a.move(r6, r1)
	a.load(r2, r6, contextFamily)
	a.jumpUnless(r2, syscall.AF_INET, "pass")
	a.load(r7, r6, contextLocalIP4)
	a.load(r8, r6, contextLocalPort)
	a.load(r2, r6, contextProtocol)
	a.jumpIf(r2, syscall.IPPROTO_UDP, "udp")
	a.jumpUnless(r2, syscall.IPPROTO_TCP, "pass")
	a.storeWord(r10, -4, slotCaptured)
	a.jumpUnless(r7, networkOrder(resolver), "foreign")
	a.jumpIf(r8, namePort, "assign")
	a.jump("pass")
	a.label("udp")
	a.jumpUnless(r8, namePort, "pass")
	a.storeWord(r10, -4, slotNames)
	a.label("foreign")
	a.jumpIf(r7, networkOrder(own), "pass")
	a.move(r2, r7)
	a.and(r2, 0xff)
	a.jumpIf(r2, 127, "pass")
	a.label("assign")
	a.loadMap(r1, sockets)
	a.move(r2, r10)
	a.add(r2, -4)
	a.call(bpfFuncMapLookupElem)
	a.jumpIf64(r0, 0, "pass")
	a.move(r7, r0)
	a.move(r1, r6)
	a.move(r2, r7)
	a.set(r3, 0)
	a.call(bpfFuncSkAssign)
	a.move(r1, r7)
	a.call(bpfFuncSkRelease)
	a.label("pass")
	a.set(r0, 1)
	a.exit()
	return a.code()
}

// networkOrder is what a program reads that loads a 32-bit address in network byte order.
func networkOrder(address net.IP) int32 {
	return int32(binary.LittleEndian.Uint32(address.To4()))
}
