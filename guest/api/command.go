package api

import (
	"fmt"
	"sync/atomic"
	"syscall"

	"swarm/guest/launch"
	"swarm/guest/protocol"
)

var commandCount int64

// startCommand starts a run or an exec beside the agent's process, in a cgroup of its own.
func (s *Server) startCommand(spec protocol.ProcessSpec, streams launch.Streams) (*launch.Process, error) {
	name := fmt.Sprintf("command-%d", atomic.AddInt64(&commandCount, 1))
	return s.launcher.Start(spec, streams, name)
}

// outcome splits a wait status as the protocol wants it.
func outcome(status syscall.WaitStatus) (exitCode *int, signal *string) {
	if status.Signaled() {
		name := launch.SignalName(status.Signal())
		return nil, &name
	}
	code := status.ExitStatus()
	return &code, nil
}
