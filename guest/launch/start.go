// Package launch starts processes in the agent's root with exactly the user, directory and
// environment they should have, and reaps them.
package launch

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"swarm/guest/protocol"
)

// Launcher starts processes.
type Launcher struct {
	Reaper *Reaper
	// Namespace is the agent's mount namespace.
	Namespace *os.File
	// CgroupDir is the parent of every process's own cgroup.
	CgroupDir string

	// forkMutex keeps descriptors of one start from leaking into another.
	forkMutex sync.Mutex
}

// Streams are the child's standard streams. With Terminal they are one terminal, which becomes the
// child's controlling one.
type Streams struct {
	Stdin, Stdout, Stderr *os.File
	Terminal              bool
}

// Process is one that was started.
type Process struct {
	PID    int
	Exited <-chan syscall.WaitStatus
	Cgroup Cgroup
}

// Start runs spec in a new session and in a cgroup of the given name. It returns when the program
// itself runs, or the reason why it cannot: a *protocol.Error for what the caller can mend.
func (l *Launcher) Start(spec protocol.ProcessSpec, streams Streams, cgroupName string) (*Process, error) {
	if err := checkSpec(spec); err != nil {
		return nil, err
	}
	cgroup, err := makeCgroup(l.CgroupDir, cgroupName)
	if err != nil {
		return nil, err
	}
	process, err := l.start(spec, streams, cgroup)
	if err != nil {
		cgroup.remove()
		return nil, err
	}
	return process, nil
}

func (l *Launcher) start(spec protocol.ProcessSpec, streams Streams, cgroup Cgroup) (*Process, error) {
	procs, err := os.OpenFile(cgroup.file("cgroup.procs"), os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer procs.Close()
	specRead, specWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer specWrite.Close()
	reportRead, reportWrite, err := os.Pipe()
	if err != nil {
		specRead.Close()
		return nil, err
	}
	defer reportRead.Close()
	files := []*os.File{streams.Stdin, streams.Stdout, streams.Stderr, specRead, reportWrite, l.Namespace, procs}
	pid, exited, err := l.Reaper.Fork(func() (int, error) { return fork(files, streams.Terminal) })
	specRead.Close()
	reportWrite.Close()
	if err != nil {
		return nil, fmt.Errorf("fork: %w", err)
	}
	if err := json.NewEncoder(specWrite).Encode(spec); err != nil {
		return nil, err
	}
	specWrite.Close()
	report, err := io.ReadAll(io.LimitReader(reportRead, 64*1024))
	if err != nil {
		return nil, err
	}
	if len(report) > 0 {
		<-exited
		var problem protocol.Error
		if json.Unmarshal(report, &problem) != nil {
			return nil, fmt.Errorf("start: %q", report)
		}
		return nil, &problem
	}
	return &Process{PID: pid, Exited: exited, Cgroup: cgroup}, nil
}

func fork(files []*os.File, terminal bool) (int, error) {
	descriptors := make([]uintptr, len(files))
	for i, file := range files {
		descriptors[i] = file.Fd()
	}
	attributes := &syscall.ProcAttr{
		Dir:   "/",
		Env:   []string{"GOMAXPROCS=1", "GOGC=off"},
		Files: descriptors,
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: terminal, Ctty: 0},
	}
	return syscall.ForkExec("/proc/self/exe", []string{ChildName}, attributes)
}

func checkSpec(spec protocol.ProcessSpec) error {
	bad := func(message string) error { return &protocol.Error{Code: "bad_request", Message: message} }
	if len(spec.Argv) == 0 || spec.Argv[0] == "" {
		return bad("argv names no program")
	}
	if spec.Cwd != "" && !strings.HasPrefix(spec.Cwd, "/") {
		return bad("cwd is not an absolute path")
	}
	for _, argument := range append([]string{spec.Cwd, spec.User}, spec.Argv...) {
		if strings.Contains(argument, "\x00") {
			return bad("argv, cwd and user must not hold NUL")
		}
	}
	for name, value := range spec.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return bad(fmt.Sprintf("env has the impossible name or value of %q", name))
		}
	}
	return nil
}
