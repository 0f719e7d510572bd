package launch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"swarm/guest/protocol"
)

// Identity is who a process runs as.
type Identity struct {
	UID    int
	GID    int
	Groups []int
	Home   string
}

// maxID is the greatest user or group number that Linux containers use.
const maxID = 1<<31 - 1

type passwdEntry struct {
	name     string
	uid, gid int
	home     string
}

type groupEntry struct {
	name    string
	gid     int
	members []string
}

// Resolve reads an image's USER as Docker does: name, uid, name:group or uid:gid, ” is root.
// Numbers need no entry; names do. Supplementary groups are those that list the user by name, and
// only when no group was asked for.
func Resolve(user string, passwd, group io.Reader) (Identity, error) {
	userPart, groupPart, hasGroup := strings.Cut(user, ":")
	identity := Identity{Home: "/"}
	if userPart == "" {
		userPart = "0"
	}
	number, numberErr := strconv.Atoi(userPart)
	entry, found, err := findUser(passwd, userPart, number, numberErr == nil)
	if err != nil {
		return identity, err
	}
	name := ""
	switch {
	case found:
		identity.UID, identity.GID, identity.Home, name = entry.uid, entry.gid, entry.home, entry.name
	case numberErr != nil:
		return identity, userError("the image has no user %q in /etc/passwd", userPart)
	case number < 0 || number > maxID:
		return identity, userError("user number %d is out of range", number)
	default:
		identity.UID = number
	}
	if identity.Home == "" {
		identity.Home = "/"
	}
	groups, err := parseGroups(group)
	if err != nil {
		return identity, err
	}
	if hasGroup && groupPart != "" {
		identity.GID, err = findGroup(groups, groupPart)
		return identity, err
	}
	for _, g := range groups {
		for _, member := range g.members {
			if name != "" && member == name {
				identity.Groups = append(identity.Groups, g.gid)
			}
		}
	}
	return identity, nil
}

func userError(format string, arguments ...any) error {
	return &protocol.Error{Code: "user_not_found", Message: fmt.Sprintf(format, arguments...)}
}

func findUser(passwd io.Reader, name string, number int, isNumber bool) (passwdEntry, bool, error) {
	var match passwdEntry
	found := false
	err := eachLine(passwd, func(fields []string) {
		if found || len(fields) < 4 {
			return
		}
		uid, uidErr := strconv.Atoi(fields[2])
		gid, gidErr := strconv.Atoi(fields[3])
		if uidErr != nil || gidErr != nil || (fields[0] != name && !(isNumber && uid == number)) {
			return
		}
		match, found = passwdEntry{name: fields[0], uid: uid, gid: gid}, true
		if len(fields) > 5 {
			match.home = fields[5]
		}
	})
	return match, found, err
}

func parseGroups(group io.Reader) ([]groupEntry, error) {
	var groups []groupEntry
	err := eachLine(group, func(fields []string) {
		if len(fields) < 3 {
			return
		}
		gid, err := strconv.Atoi(fields[2])
		if err != nil {
			return
		}
		entry := groupEntry{name: fields[0], gid: gid}
		if len(fields) > 3 {
			entry.members = strings.Split(fields[3], ",")
		}
		groups = append(groups, entry)
	})
	return groups, err
}

func findGroup(groups []groupEntry, wanted string) (int, error) {
	number, err := strconv.Atoi(wanted)
	for _, g := range groups {
		if g.name == wanted || (err == nil && g.gid == number) {
			return g.gid, nil
		}
	}
	if err != nil {
		return 0, userError("the image has no group %q in /etc/group", wanted)
	}
	if number < 0 || number > maxID {
		return 0, userError("group number %d is out of range", number)
	}
	return number, nil
}

// eachLine calls visit with the colon-separated fields of each line, up to 1 MiB of them.
func eachLine(source io.Reader, visit func([]string)) error {
	if source == nil {
		return nil
	}
	scanner := bufio.NewScanner(io.LimitReader(source, 1<<20))
	scanner.Buffer(make([]byte, 4096), 256*1024)
	for scanner.Scan() {
		line := strings.TrimSpace(scanner.Text())
		if line != "" && !strings.HasPrefix(line, "#") {
			visit(strings.Split(line, ":"))
		}
	}
	if err := scanner.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	return nil
}
