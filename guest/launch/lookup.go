package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"swarm/guest/protocol"
)

// defaultPath is where programs are looked for when the environment has no PATH, as in Docker.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookUp finds the file of a program: a name without '/' in PATH, anything else as it is. It must
// run with the root, working directory and user of the process.
func lookUp(program string, env map[string]string) (string, error) {
	if strings.Contains(program, "/") {
		return program, executable(program)
	}
	path, ok := env["PATH"]
	if !ok {
		path = defaultPath
	}
	var denied error
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		candidate := filepath.Join(dir, program)
		err := executable(candidate)
		if err == nil {
			if !strings.Contains(candidate, "/") {
				candidate = "./" + candidate
			}
			return candidate, nil
		}
		var problem *protocol.Error
		if errors.As(err, &problem) && problem.Code == "executable_not_permitted" {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", notFound("the program %q is not in PATH (%s)", program, path)
}

const accessExecute = 1

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrPermission):
		return notPermitted("%s: permission denied", path)
	case err != nil:
		return notFound("the program %s does not exist", path)
	case info.IsDir():
		return notPermitted("%s is a directory", path)
	}
	// faccessat2 with AT_EACCESS: the effective user counts.
	if err := syscall.Faccessat(atCwd, path, accessExecute, 0); err != nil {
		return notPermitted("%s is not executable by this user", path)
	}
	return nil
}

const atCwd = -100

func notFound(format string, arguments ...any) error {
	return &protocol.Error{Code: "executable_not_found", Message: fmt.Sprintf(format, arguments...)}
}

func notPermitted(format string, arguments ...any) error {
	return &protocol.Error{Code: "executable_not_permitted", Message: fmt.Sprintf(format, arguments...)}
}
