package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"unsafe"

	"swarm/guest/protocol"
)

// ChildName is the program name under which guestd is the first stage of a new process: it takes
// on the process's root, cgroup, user and directory, then becomes the process. Go cannot do these
// steps between fork and exec.
const ChildName = "guestd-launch"

// Descriptors that the child inherits besides its standard streams.
const (
	fdSpec = 3 + iota
	fdReport
	fdNamespace
	fdCgroup
)

// Child runs in the new process and does not return. A failure is reported as JSON to the parent;
// success closes the report by exec.
func Child() {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	err := becomeProcess()
	var problem *protocol.Error
	if !errors.As(err, &problem) {
		problem = &protocol.Error{Code: "start_failed", Message: err.Error()}
	}
	_ = json.NewEncoder(os.NewFile(fdReport, "report")).Encode(problem)
	os.Exit(127)
}

func becomeProcess() error {
	for fd := fdSpec; fd <= fdCgroup; fd++ {
		syscall.CloseOnExec(fd)
	}
	var spec protocol.ProcessSpec
	if err := json.NewDecoder(os.NewFile(fdSpec, "spec")).Decode(&spec); err != nil {
		return fmt.Errorf("reading the specification: %w", err)
	}
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("0"), 0); err != nil {
		return err
	}
	if err := enterRoot(); err != nil {
		return err
	}
	identity, err := resolveInRoot(spec.User)
	if err != nil {
		return err
	}
	if err := enterDirectory(spec.Cwd); err != nil {
		return err
	}
	giveStreams(identity)
	if _, err := syscall.Write(fdCgroup, []byte("0")); err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	if err := becomeUser(identity); err != nil {
		return err
	}
	return execute(spec, identity)
}

// enterRoot moves this thread, the only one that survives exec, into the agent's mount namespace.
func enterRoot() error {
	if err := syscall.Unshare(syscall.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if _, _, errno := syscall.RawSyscall(sysSetns, fdNamespace, syscall.CLONE_NEWNS, 0); errno != 0 {
		return fmt.Errorf("setns: %w", errno)
	}
	syscall.Umask(0o022)
	return nil
}

func resolveInRoot(user string) (Identity, error) {
	passwd, passwdErr := os.Open("/etc/passwd")
	group, groupErr := os.Open("/etc/group")
	defer passwd.Close()
	defer group.Close()
	for _, err := range []error{passwdErr, groupErr} {
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return Identity{}, err
		}
	}
	switch {
	case passwdErr != nil && groupErr != nil:
		return Resolve(user, nil, nil)
	case passwdErr != nil:
		return Resolve(user, nil, group)
	case groupErr != nil:
		return Resolve(user, passwd, nil)
	}
	return Resolve(user, passwd, group)
}

func enterDirectory(cwd string) error {
	if cwd == "" {
		cwd = "/"
	}
	if err := os.MkdirAll(cwd, 0o755); err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	if err := syscall.Chdir(cwd); err != nil {
		return fmt.Errorf("working directory %s: %w", cwd, err)
	}
	return nil
}

// giveStreams makes the process the owner of its streams, so that /dev/stdout can be opened again
// by a user who is not root.
func giveStreams(identity Identity) {
	for fd := 0; fd <= 2; fd++ {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) == nil && stat.Mode&syscall.S_IFMT == syscall.S_IFIFO {
			_ = syscall.Fchown(fd, identity.UID, identity.GID)
		}
	}
}

func becomeUser(identity Identity) error {
	// As Docker does, the primary group is among the supplementary ones: CVE-2022-36109.
	groups := []uint32{uint32(identity.GID)}
	for _, gid := range identity.Groups {
		groups = append(groups, uint32(gid))
	}
	if err := limitCapabilities(); err != nil {
		return err
	}
	// Raw calls: only this thread is to change, the others die at exec.
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 {
		return fmt.Errorf("setgroups: %w", errno)
	}
	gid, uid := uintptr(identity.GID), uintptr(identity.UID)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESGID, gid, gid, gid); errno != 0 {
		return fmt.Errorf("setgid: %w", errno)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uid, uid, uid); errno != 0 {
		return fmt.Errorf("setuid: %w", errno)
	}
	return dropEffective(identity.UID)
}

func execute(spec protocol.ProcessSpec, identity Identity) error {
	env := make([]string, 0, len(spec.Env)+1)
	if _, ok := spec.Env["HOME"]; !ok {
		env = append(env, "HOME="+identity.Home)
	}
	for name, value := range spec.Env {
		env = append(env, name+"="+value)
	}
	program, err := lookUp(spec.Argv[0], spec.Env)
	if err != nil {
		return err
	}
	err = syscall.Exec(program, spec.Argv, env)
	switch {
	case errors.Is(err, syscall.ENOENT):
		return notFound("%s: its interpreter or loader does not exist in the image", program)
	case errors.Is(err, syscall.EACCES):
		return notPermitted("%s: permission denied", program)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%s is not a program for this machine (no #! line, or another architecture)", program)
	}
	return fmt.Errorf("%s: %w", strconv.Quote(program), err)
}
