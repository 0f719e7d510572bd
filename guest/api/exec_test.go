package api

import (
	"bufio"
	"net"
	"os"
	"testing"
	"time"

	"swarm/guest/protocol"
)

// newSession is one whose command never reads its input; gone is closed when the client's end was
// noticed.
func newSession(t *testing.T) (client *net.TCPConn, gone chan struct{}, stdin *os.File) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		dialled.Close()
		accepted.Close()
		read.Close()
		write.Close()
	})
	connection := &slotConnection{Conn: accepted, slots: make(chan struct{}, 1)}
	connection.slots <- struct{}{}
	session := &execSession{
		frames: &frameWriter{connection: connection}, reader: bufio.NewReader(accepted), stdin: write,
	}
	gone = make(chan struct{})
	go func() {
		defer close(gone)
		session.readFrames(0)
	}()
	return dialled.(*net.TCPConn), gone, read
}

// fill sends input until count frames are sent or no more is taken.
func fill(client net.Conn, count int) {
	writer := &frameWriter{connection: client}
	chunk := make([]byte, protocol.MaxFrameBytes)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < count; i++ {
			if writer.write(protocol.FrameStdin, chunk) != nil {
				return
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

func mustNotice(t *testing.T, gone chan struct{}) {
	t.Helper()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the end of the client was not noticed")
	}
}

func TestClientThatGoesIsNoticedThoughItsInputIsNotRead(t *testing.T) {
	// More than the pipe holds; more than the queue holds too.
	for _, count := range []int{4, maxQueuedInput + 4} {
		client, gone, _ := newSession(t)
		fill(client, count)
		client.Close()
		mustNotice(t, gone)
	}
}

func TestClientThatIsKilledIsNoticedThoughNothingMoreIsTaken(t *testing.T) {
	client, gone, _ := newSession(t)
	fill(client, 1<<20)
	_ = client.SetLinger(0)
	client.Close()
	mustNotice(t, gone)
}

func TestInputComesInOrderWithItsEnd(t *testing.T) {
	client, gone, stdin := newSession(t)
	writer := &frameWriter{connection: client}
	for _, chunk := range []string{"one ", "two"} {
		if err := writer.write(protocol.FrameStdin, []byte(chunk)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.write(protocol.FrameStdinEnd, nil); err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 16)
	total := 0
	for {
		n, err := stdin.Read(content[total:])
		total += n
		if err != nil {
			break
		}
	}
	if string(content[:total]) != "one two" {
		t.Errorf("%q", content[:total])
	}
	client.Close()
	mustNotice(t, gone)
}
