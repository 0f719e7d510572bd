package names

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"
)

// Port and Address are where the resolver is asked.
const Port = 53

// Address is what /etc/resolv.conf names, as systemd-resolved's stub: no image uses it otherwise.
var Address = net.IPv4(127, 0, 0, 53)

const (
	// maxQuery is more than any question needs; what is longer is cut by the kernel and malformed.
	maxQuery = 1024
	// maxAskers bounds the TCP connections at once.
	maxAskers = 64
	// askerTimeout is between two questions of one.
	askerTimeout = 10 * time.Second
)

// Resolver answers on UDP and TCP.
type Resolver struct {
	// Datagrams also gets those to other addresses, when the kernel captures them.
	Datagrams *net.UDPConn
	zone      Zone
	askers    chan struct{}
}

// Listen opens the UDP port; Serve answers.
func Listen(zone Zone) (*Resolver, error) { return listenAt(zone, Port) }

func listenAt(zone Zone, port int) (*Resolver, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			// An agent that serves names itself may listen on all addresses beside this one.
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
			if failed == nil {
				failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
			}
		})
		if err != nil {
			return err
		}
		return failed
	}}
	address := net.JoinHostPort(Address.String(), strconv.Itoa(port))
	datagrams, err := config.ListenPacket(context.Background(), "udp4", address)
	if err != nil {
		return nil, err
	}
	return &Resolver{
		Datagrams: datagrams.(*net.UDPConn), zone: zone, askers: make(chan struct{}, maxAskers),
	}, nil
}

// Serve answers datagrams for the machine's life.
func (r *Resolver) Serve() {
	query := make([]byte, maxQuery)
	control := make([]byte, 128)
	for {
		n, controlled, _, from, err := r.Datagrams.ReadMsgUDPAddrPort(query, control)
		if err != nil {
			if _, closed := err.(*net.OpError); closed && r.Datagrams.SetReadDeadline(time.Time{}) != nil {
				return
			}
			time.Sleep(time.Millisecond)
			continue
		}
		if answer := r.zone.Answer(query[:n]); answer != nil {
			_, _, _ = r.Datagrams.WriteMsgUDPAddrPort(answer, replySource(control[:controlled]), from)
		}
	}
}

// replySource makes the answer come from the address that was asked.
func replySource(control []byte) []byte {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, message := range messages {
		// struct in_pktinfo: interface, local address, the datagram's destination.
		if message.Header.Level != syscall.IPPROTO_IP || message.Header.Type != syscall.IP_PKTINFO || len(message.Data) < 12 {
			continue
		}
		reply := make([]byte, syscall.CmsgSpace(12))
		binary.LittleEndian.PutUint64(reply, uint64(syscall.CmsgLen(12)))
		binary.LittleEndian.PutUint32(reply[8:], syscall.IPPROTO_IP)
		binary.LittleEndian.PutUint32(reply[12:], syscall.IP_PKTINFO)
		copy(reply[syscall.CmsgLen(0)+4:], message.Data[8:12])
		return reply
	}
	return nil
}

// ListenTCP answers on a TCP port of its own, where the kernel does not capture connections.
func (r *Resolver) ListenTCP() error {
	listener, err := net.Listen("tcp4", net.JoinHostPort(Address.String(), strconv.Itoa(Port)))
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			go r.ServeConnection(connection)
		}
	}()
	return nil
}

// ServeConnection answers the questions of one connection and closes it.
func (r *Resolver) ServeConnection(connection net.Conn) {
	defer connection.Close()
	select {
	case r.askers <- struct{}{}:
		defer func() { <-r.askers }()
	default:
		return
	}
	query := make([]byte, maxQuery)
	for {
		_ = connection.SetDeadline(time.Now().Add(askerTimeout))
		var length [2]byte
		if _, err := io.ReadFull(connection, length[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n > maxQuery {
			return
		}
		if _, err := io.ReadFull(connection, query[:n]); err != nil {
			return
		}
		answer := r.zone.Answer(query[:n])
		if answer == nil {
			return
		}
		framed := binary.BigEndian.AppendUint16(make([]byte, 0, len(answer)+2), uint16(len(answer)))
		if _, err := connection.Write(append(framed, answer...)); err != nil {
			return
		}
	}
}
