package api

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"swarm/guest/launch"
	"swarm/guest/protocol"
)

func (s *Server) exec(w http.ResponseWriter, r *http.Request) {
	var spec protocol.ExecSpec
	if !strings.EqualFold(r.Header.Get("Upgrade"), "swarm-exec") {
		fail(w, &protocol.Error{Code: "bad_request", Message: "Upgrade: swarm-exec is missing"})
		return
	}
	if err := readBody(r, &spec); err != nil {
		fail(w, err)
		return
	}
	release, ok := s.takeStream(w)
	if !ok {
		return
	}
	defer release()
	connection, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Time{})
	head := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: swarm-exec\r\n\r\n"
	if _, err := io.WriteString(connection, head); err != nil {
		return
	}
	session := &execSession{frames: &frameWriter{connection: connection}, reader: buffered.Reader}
	if err := s.runExec(session, spec); err != nil {
		_ = session.frames.writeJSON(protocol.FrameError, protocol.ErrorBody{Error: asError(err)})
	}
	closeGently(connection)
}

// closeGently lets the last frame arrive although input that nobody reads may be on its way.
func closeGently(connection net.Conn) {
	if slot, ok := connection.(*slotConnection); ok {
		if tcp, ok := slot.Conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}
	_ = connection.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, io.LimitReader(connection, 1<<20))
}

// execSession is one exec: the frames to the client and the command's ends of its streams.
type execSession struct {
	frames     *frameWriter
	reader     *bufio.Reader
	stdin      *os.File
	controller *os.File
	outputs    map[byte]*os.File
	child      launch.Streams
}

func (s *Server) runExec(session *execSession, spec protocol.ExecSpec) error {
	if err := session.open(s.terminals, spec); err != nil {
		return err
	}
	defer session.closeOwn()
	command, err := s.startCommand(spec.ProcessSpec, session.child)
	session.closeChild()
	if err != nil {
		return err
	}
	defer command.Cgroup.End()
	var copying sync.WaitGroup
	for kind, output := range session.outputs {
		copying.Add(1)
		go func(kind byte, output *os.File) {
			defer copying.Done()
			session.copyOutput(kind, output)
		}(kind, output)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		session.readFrames(command.PID)
	}()
	select {
	case status := <-command.Exited:
		session.finish(status, &copying)
	case <-gone:
		_ = command.Cgroup.Kill()
		<-command.Exited
	}
	return nil
}

func (e *execSession) open(terminals *os.File, spec protocol.ExecSpec) error {
	if spec.TTY {
		controller, terminal, err := openTerminal(int(terminals.Fd()))
		if err != nil {
			return err
		}
		resizeTerminal(controller, spec.Columns, spec.Rows)
		e.controller, e.stdin = controller, controller
		e.outputs = map[byte]*os.File{protocol.FrameStdout: controller}
		e.child = launch.Streams{Stdin: terminal, Stdout: terminal, Stderr: terminal, Terminal: true}
		return nil
	}
	e.outputs = map[byte]*os.File{}
	var err error
	if e.child.Stdin, e.stdin, err = os.Pipe(); err != nil {
		return err
	}
	if e.outputs[protocol.FrameStdout], e.child.Stdout, err = os.Pipe(); err != nil {
		return err
	}
	e.outputs[protocol.FrameStderr], e.child.Stderr, err = os.Pipe()
	return err
}

func (e *execSession) closeChild() {
	for _, file := range []*os.File{e.child.Stdin, e.child.Stdout, e.child.Stderr} {
		file.Close()
	}
}

func (e *execSession) closeOwn() {
	e.stdin.Close()
	for _, output := range e.outputs {
		output.Close()
	}
}

func (e *execSession) copyOutput(kind byte, output *os.File) {
	chunk := make([]byte, 32*1024)
	for {
		n, err := output.Read(chunk)
		if n > 0 && e.frames.write(kind, chunk[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// finish sends what is left of the output, then the exit. Output that something in the background
// holds open is not waited for.
func (e *execSession) finish(status syscall.WaitStatus, copying *sync.WaitGroup) {
	for _, output := range e.outputs {
		_ = output.SetReadDeadline(time.Now().Add(outputGrace))
	}
	copying.Wait()
	exitCode, signal := outcome(status)
	_ = e.frames.writeJSON(protocol.FrameExit, struct {
		ExitCode *int    `json:"exitCode"`
		Signal   *string `json:"signal"`
	}{exitCode, signal})
}

// readFrames acts on the client's frames until the connection ends: then nobody waits for the
// command any more, and it is killed.
func (e *execSession) readFrames(pid int) {
	input := startInput(e.frames.connection, e.stdin, e.endInput)
	defer input.close()
	for {
		kind, payload, err := readFrame(e.reader)
		if err != nil {
			return
		}
		switch kind {
		case protocol.FrameStdin:
			if !input.put(payload) {
				return
			}
		case protocol.FrameStdinEnd:
			if !input.put(nil) {
				return
			}
		case protocol.FrameResize:
			e.resize(payload)
		case protocol.FrameSignal:
			signalCommand(pid, payload)
		default:
			return
		}
	}
}

// endOfTransmission is Control-D: the end of a terminal's input.
const endOfTransmission = 4

func (e *execSession) endInput() {
	if e.controller != nil {
		_, _ = e.controller.Write([]byte{endOfTransmission})
		return
	}
	e.stdin.Close()
}

func (e *execSession) resize(payload []byte) {
	var size struct{ Columns, Rows int }
	if e.controller != nil && json.Unmarshal(payload, &size) == nil {
		resizeTerminal(e.controller, size.Columns, size.Rows)
	}
}

// signalCommand signals the command's whole process group, as a terminal's Control-C does.
func signalCommand(pid int, payload []byte) {
	var body struct{ Signal string }
	if json.Unmarshal(payload, &body) != nil {
		return
	}
	if signal, ok := launch.ParseSignal(body.Signal); ok {
		_ = syscall.Kill(-pid, signal)
	}
}
