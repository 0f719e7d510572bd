package launch

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Reaper waits for every child of this process, known or orphaned: the first process in a machine
// inherits all orphans.
type Reaper struct {
	mutex   sync.Mutex
	waiting map[int]chan syscall.WaitStatus
}

// NewReaper starts reaping. Only one may exist in a process.
func NewReaper() *Reaper {
	reaper := &Reaper{waiting: map[int]chan syscall.WaitStatus{}}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCHLD)
	go func() {
		for range signals {
			reaper.reap()
		}
	}()
	return reaper
}

// Fork calls start, which returns a new child's pid, and promises its exit on the channel. No
// child can be reaped between its start and its registration.
func (r *Reaper) Fork(start func() (int, error)) (int, <-chan syscall.WaitStatus, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	pid, err := start()
	if err != nil {
		return 0, nil, err
	}
	exited := make(chan syscall.WaitStatus, 1)
	r.waiting[pid] = exited
	return pid, exited, nil
}

func (r *Reaper) reap() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
		if exited, known := r.waiting[pid]; known {
			delete(r.waiting, pid)
			exited <- status
		}
	}
}
