package egress

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"swarm/guest/protocol"
)

// pair is a connection's two ends.
func pair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, connection := range []net.Conn{dialled, accepted} {
		_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
		t.Cleanup(func() { connection.Close() })
	}
	// The gate waits without limit for bytes: deadlines are for the test's ends.
	_ = accepted.SetDeadline(time.Time{})
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

func TestRelay(t *testing.T) {
	process, inside := pair(t)
	host, outside := pair(t)
	done := make(chan struct{})
	go func() {
		relay(inside, outside)
		close(done)
	}()
	much := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	go func() {
		_, _ = process.Write(much)
		_ = process.CloseWrite()
	}()
	got, err := io.ReadAll(host)
	if err != nil || !bytes.Equal(got, much) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	// One side has ended, the other goes on.
	_, _ = host.Write([]byte("and back"))
	_ = host.CloseWrite()
	if got, err := io.ReadAll(process); string(got) != "and back" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	<-done
}

func TestRelayPassesFailureOn(t *testing.T) {
	process, inside := pair(t)
	host, outside := pair(t)
	done := make(chan struct{})
	go func() {
		relay(inside, outside)
		close(done)
	}()
	_ = host.SetLinger(0)
	host.Close()
	if _, err := io.ReadAll(process); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a reset became %v", err)
	}
	<-done
}

func TestManyStalledReadersHoldLittle(t *testing.T) {
	held := make([]func(), 0, largeBuffers+10)
	for i := 0; i < largeBuffers+10; i++ {
		buffer, giveBack := borrow()
		if want := largeBytes; i < largeBuffers && len(buffer) != want || i >= largeBuffers && len(buffer) != smallBytes {
			t.Fatalf("buffer %d has %d bytes", i, len(buffer))
		}
		held = append(held, giveBack)
	}
	for _, giveBack := range held {
		giveBack()
	}
	if buffer, giveBack := borrow(); len(buffer) != largeBytes {
		t.Error("buffers are not given back")
	} else {
		giveBack()
	}
}

func TestPool(t *testing.T) {
	var p pool
	if p.take(time.Millisecond) != nil {
		t.Error("something came from nowhere")
	}
	dead, outsideDead := pair(t)
	_, first := pair(t)
	_, second := pair(t)
	for _, connection := range []*net.TCPConn{outsideDead, first, second} {
		if !p.park(connection) {
			t.Error("not parked")
		}
	}
	dead.Close()
	waitFor(t, func() bool { parked, _ := p.count(); return parked == 2 })
	if p.take(time.Second) != first || p.take(time.Second) != second {
		t.Error("not in the order they came")
	}
	for len(p.parked) < maxParked {
		p.parked = append(p.parked, first)
	}
	if p.park(second) {
		t.Error("more were parked than may be")
	}
}

func TestPoolServesInTurn(t *testing.T) {
	var p pool
	got := make([]chan *net.TCPConn, 3)
	for i := range got {
		got[i] = make(chan *net.TCPConn, 1)
		go func(to chan *net.TCPConn) { to <- p.take(10 * time.Second) }(got[i])
		waitFor(t, func() bool { _, waiting := p.count(); return waiting == i+1 })
	}
	for i := range got {
		_, connection := pair(t)
		p.park(connection)
		if <-got[i] != connection {
			t.Errorf("%d was overtaken", i)
		}
	}
}

func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came to be")
		}
	}
}

// readHead reads the line that begins a connection, at the host's end.
func readHead(t *testing.T, host *net.TCPConn) (protocol.EgressHead, *bufio.Reader) {
	t.Helper()
	reader := bufio.NewReader(host)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var head protocol.EgressHead
	if err := json.Unmarshal([]byte(line), &head); err != nil || len(line) > protocol.EgressHeadBytes {
		t.Fatalf("%q %v", line, err)
	}
	return head, reader
}

func TestGatePairs(t *testing.T) {
	gate := NewGate()
	longest := strings.Repeat("abcdefg.", 31) + "abcde"
	want := protocol.EgressHead{Kind: "captured", Port: 65535, Name: longest}
	process, inside := pair(t)
	go gate.pass(inside, want)
	_, _ = process.Write([]byte("early"))
	waitFor(t, func() bool { return gate.Status().Waiting == 1 })
	host, outside := pair(t)
	if !gate.Park(outside) {
		t.Fatal("not parked")
	}
	head, reader := readHead(t, host)
	if head != want {
		t.Errorf("%+v", head)
	}
	early := make([]byte, 5)
	if _, err := io.ReadFull(reader, early); string(early) != "early" {
		t.Errorf("%q %v", early, err)
	}
	if status := gate.Status(); status.Active != 1 || status.Waiting != 0 {
		t.Errorf("%+v", status)
	}
	process.Close()
	host.Close()
	waitFor(t, func() bool { return gate.Status().Active == 0 })
}

func TestGateTurnsAwayWhatIsTooMuch(t *testing.T) {
	gate := NewGate()
	gate.active.Store(maxConnections)
	process, inside := pair(t)
	gate.pass(inside, protocol.EgressHead{Kind: "proxy"})
	if _, err := process.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("ended with %v, not a reset", err)
	}
	if gate.active.Load() != maxConnections {
		t.Error("miscounted")
	}
}

func TestManyAtOnce(t *testing.T) {
	gate := NewGate()
	const count = 200
	var all sync.WaitGroup
	for i := 0; i < count; i++ {
		process, inside := pair(t)
		host, outside := pair(t)
		go gate.pass(inside, protocol.EgressHead{Kind: "captured", Port: i + 1})
		go gate.Park(outside)
		all.Add(2)
		go func() { // The host says what it heard, after the head.
			defer all.Done()
			defer host.CloseWrite()
			reader := bufio.NewReader(host)
			_, _ = reader.ReadString('\n')
			_, _ = io.Copy(host, reader)
		}()
		go func(text string) {
			defer all.Done()
			_, _ = io.WriteString(process, text)
			_ = process.CloseWrite()
			if got, err := io.ReadAll(process); string(got) != text || err != nil {
				t.Errorf("%q came back as %q, %v", text, got, err)
			}
		}(fmt.Sprint("connection ", i))
	}
	all.Wait()
	waitFor(t, func() bool { return gate.Status().Active == 0 })
}

// The program itself is tried in machines; this holds its jumps together.
func TestLookupProgram(t *testing.T) {
	code := lookupProgram(net.IPv4(10, 0, 2, 15), net.IPv4(127, 0, 0, 53), 7)
	count := len(code) / instructionBytes
	for at := 0; at < count; at++ {
		i := code[at*instructionBytes : (at+1)*instructionBytes]
		offset := int(int16(uint16(i[2]) | uint16(i[3])<<8))
		switch i[0] {
		case opJump, opJumpIf, opJumpUnless, opJumpIf64:
			if offset <= 0 || at+1+offset >= count {
				t.Errorf("instruction %d jumps by %d", at, offset)
			}
		}
	}
	if code[len(code)-instructionBytes] != opExit {
		t.Error("does not end")
	}
}
