// Package process runs the agent's process, once, and remembers how it went.
package process

import (
	"os"
	"reflect"
	"sync"
	"syscall"
	"time"

	"swarm/guest/launch"
	"swarm/guest/observe"
	"swarm/guest/output"
	"swarm/guest/protocol"
)

// logBytes bounds the lines kept for the host.
const logBytes = 1 << 20

// drainTimeout bounds how long an exit waits for the last lines of output.
const drainTimeout = time.Second

// Supervisor owns the agent's process.
type Supervisor struct {
	Events *output.Events
	Logs   *output.Ring

	launcher *launch.Launcher
	ownPorts []int

	mutex     sync.Mutex
	starting  bool
	process   *launch.Process
	startedAt time.Time
	exit      *protocol.Exit
	started   chan struct{}
	ended     chan struct{}
	killed    bool
	ports     []int
}

// NewSupervisor makes one that has not started anything. ownPorts are guestd's, never told of.
func NewSupervisor(launcher *launch.Launcher, ownPorts ...int) *Supervisor {
	s := &Supervisor{
		Events: output.NewEvents(), Logs: output.NewRing(logBytes),
		launcher: launcher, ownPorts: ownPorts, started: make(chan struct{}), ended: make(chan struct{}), ports: []int{},
	}
	go s.watchPorts()
	return s
}

// Start starts the process; a second time is an error as long as the first one ran at all.
func (s *Supervisor) Start(spec protocol.ProcessSpec) (int, error) {
	s.mutex.Lock()
	if s.starting || s.process != nil {
		s.mutex.Unlock()
		return 0, &protocol.Error{Code: "process_running", Message: "the process was started already"}
	}
	s.starting = true
	s.mutex.Unlock()
	process, drained, err := s.launch(spec)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.starting = false
	if err != nil {
		return 0, err
	}
	s.process, s.startedAt = process, time.Now()
	close(s.started)
	s.Events.Add(protocol.Event{Type: "process_started", PID: process.PID})
	go s.await(process, drained)
	return process.PID, nil
}

// launch connects the process's outputs to the log; drained closes when both have ended.
func (s *Supervisor) launch(spec protocol.ProcessSpec) (*launch.Process, <-chan struct{}, error) {
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	var readers sync.WaitGroup
	writers := map[string]*os.File{}
	for _, stream := range []string{"stdout", "stderr"} {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, nil, err
		}
		defer write.Close()
		writers[stream] = write
		readers.Add(1)
		go func(stream string) {
			defer readers.Done()
			defer read.Close()
			output.Split(read, s.Logs, stream)
		}(stream)
	}
	streams := launch.Streams{Stdin: null, Stdout: writers["stdout"], Stderr: writers["stderr"]}
	process, err := s.launcher.Start(spec, streams, "process")
	drained := make(chan struct{})
	go func() {
		readers.Wait()
		close(drained)
	}()
	return process, drained, err
}

func (s *Supervisor) await(process *launch.Process, drained <-chan struct{}) {
	status := <-process.Exited
	// As when a container's first process ends: nothing of the agent goes on without it.
	_ = launch.CgroupAt(s.launcher.CgroupDir).Kill()
	select {
	case <-drained:
	case <-time.After(drainTimeout):
	}
	s.mutex.Lock()
	exit := ExitOf(status)
	oom := launch.CgroupAt(s.launcher.CgroupDir).OOMKills() > 0
	// A shell that waited for the killed process says 137 in its place.
	byKill := (status.Signaled() && status.Signal() == syscall.SIGKILL) || status.ExitStatus() == 137
	exit.OOMKilled = oom && !s.killed && byKill
	s.exit = exit
	s.mutex.Unlock()
	s.Events.Add(protocol.Event{Type: "process_exited", Exit: exit})
	close(s.ended)
}

// ExitOf turns a wait status into the protocol's exit, at the present time.
func ExitOf(status syscall.WaitStatus) *protocol.Exit {
	exit := &protocol.Exit{ExitedAt: time.Now().UTC().Format(protocol.TimeFormat)}
	if status.Signaled() {
		name := launch.SignalName(status.Signal())
		exit.Signal = &name
	} else {
		code := status.ExitStatus()
		exit.ExitCode = &code
	}
	return exit
}

// Signal sends a signal to the process itself.
func (s *Supervisor) Signal(signal syscall.Signal) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.process == nil || s.exit != nil {
		return &protocol.Error{Code: "process_not_started", Message: "the process does not run"}
	}
	if signal == syscall.SIGKILL {
		s.killed = true
	}
	if err := syscall.Kill(s.process.PID, signal); err != nil && err != syscall.ESRCH {
		return err
	}
	return nil
}

// Stop sends the signal, waits, kills all that is left, and returns the exit. It may be repeated.
func (s *Supervisor) Stop(signal syscall.Signal, timeout time.Duration) (*protocol.Exit, error) {
	s.mutex.Lock()
	process, exit := s.process, s.exit
	s.mutex.Unlock()
	if process == nil {
		return nil, &protocol.Error{Code: "process_not_started", Message: "the process was not started"}
	}
	if exit == nil {
		_ = s.Signal(signal)
		select {
		case <-s.ended:
		case <-time.After(timeout):
			s.mutex.Lock()
			s.killed = true
			s.mutex.Unlock()
		}
	}
	if err := launch.CgroupAt(s.launcher.CgroupDir).Kill(); err != nil {
		return nil, err
	}
	<-s.ended
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.exit, nil
}

// Status describes the process and the ports last seen.
func (s *Supervisor) Status() (protocol.ProcessStatus, []int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	status := protocol.ProcessStatus{State: "none"}
	if s.process != nil {
		started := s.startedAt.UTC().Format(protocol.TimeFormat)
		status = protocol.ProcessStatus{State: "running", PID: s.process.PID, StartedAt: &started}
	}
	if s.exit != nil {
		status.State, status.Exit = "exited", s.exit
	}
	return status, s.ports
}

// How often the listening ports are looked at: every look costs, above all under emulation, and
// most ports are opened soon after the start.
const (
	youngInterval = 50 * time.Millisecond
	youngFor      = time.Minute
	calmInterval  = 2 * time.Second
)

// watchPorts looks often while the process starts, and seldom otherwise.
func (s *Supervisor) watchPorts() {
	started := s.started
	for {
		s.mutex.Lock()
		young := s.process != nil && s.exit == nil && time.Since(s.startedAt) < youngFor
		s.mutex.Unlock()
		s.lookAtPorts()
		interval := calmInterval
		if young {
			interval = youngInterval
		}
		select {
		case <-started:
			started = nil // Closed once: from here on only the time counts.
		case <-s.justEnded(young):
		case <-time.After(interval):
		}
	}
}

// justEnded makes the watch look once more when the process ends while it is watched closely.
func (s *Supervisor) justEnded(young bool) <-chan struct{} {
	if young {
		return s.ended
	}
	return nil
}

func (s *Supervisor) lookAtPorts() {
	ports := observe.ListeningPorts(s.ownPorts...)
	s.mutex.Lock()
	changed := !reflect.DeepEqual(ports, s.ports)
	s.ports = ports
	s.mutex.Unlock()
	if changed {
		s.Events.Add(protocol.Event{Type: "listening", Ports: &ports})
	}
}
