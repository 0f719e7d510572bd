package egress

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"swarm/guest/sockets"
)

// Buffers are held only while there are bytes to pass. Beyond largeBuffers at once they are small:
// then a thousand connections whose readers stall hold a few MiB together.
const (
	largeBytes   = 32 * 1024
	smallBytes   = 2 * 1024
	largeBuffers = 128
)

var (
	largeTokens = make(chan struct{}, largeBuffers)
	large       = sync.Pool{New: func() any { return new([largeBytes]byte) }}
	small       = sync.Pool{New: func() any { return new([smallBytes]byte) }}
)

func borrow() (buffer []byte, giveBack func()) {
	select {
	case largeTokens <- struct{}{}:
		array := large.Get().(*[largeBytes]byte)
		return array[:], func() {
			large.Put(array)
			<-largeTokens
		}
	default:
		array := small.Get().(*[smallBytes]byte)
		return array[:], func() { small.Put(array) }
	}
}

// relay passes bytes both ways until both sides have ended or one failed; then both are closed. An
// end of one side is passed on as such, a failure as a reset.
func relay(a, b *net.TCPConn) {
	var failed sync.Once
	reset := func() {
		failed.Do(func() {
			sockets.Reset(a)
			sockets.Reset(b)
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if pass(a, b) != nil {
			reset()
		}
	}()
	if pass(b, a) != nil {
		reset()
	}
	<-done
	a.Close()
	b.Close()
}

// pass copies until the source ends, and passes the end on.
func pass(from, to *net.TCPConn) error {
	source, err := from.SyscallConn()
	if err != nil {
		return err
	}
	for {
		ended, err := passSome(source, to)
		if err != nil {
			return err
		}
		if ended {
			if err := to.CloseWrite(); err != nil && !errors.Is(err, syscall.ENOTCONN) {
				return err
			}
			return nil
		}
	}
}

// passSome waits without a buffer until there is something to read, and writes it.
func passSome(source syscall.RawConn, to io.Writer) (ended bool, err error) {
	var buffer []byte
	var giveBack func()
	var n int
	var failed error
	err = source.Read(func(fd uintptr) bool {
		buffer, giveBack = borrow()
		for {
			n, failed = syscall.Read(int(fd), buffer)
			if failed != syscall.EINTR {
				break
			}
		}
		if failed == syscall.EAGAIN {
			giveBack()
			giveBack = nil
			return false
		}
		return true
	})
	if giveBack != nil {
		defer giveBack()
	}
	if err == nil {
		err = failed
	}
	if err != nil {
		return false, err
	}
	if n == 0 {
		return true, nil
	}
	_, err = to.Write(buffer[:n])
	return false, err
}
