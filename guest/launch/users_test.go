package launch

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"swarm/guest/protocol"
)

const passwdFile = "root:x:0:0:root:/root:/bin/sh\n# comment\n\nbroken\napp:x:1000:1001:App:/home/app:/bin/sh\nnohome:x:1002:1002\n7:x:700:700::/seven:\n"
const groupFile = "root:x:0:\nwww:x:33:app,other\nextra:x:2000:other,app\nempty:x:50:\n"

func TestResolve(t *testing.T) {
	cases := map[string]Identity{
		"":               {Home: "/root"},
		"root":           {Home: "/root"},
		"0":              {Home: "/root"},
		"app":            {UID: 1000, GID: 1001, Groups: []int{33, 2000}, Home: "/home/app"},
		"1000":           {UID: 1000, GID: 1001, Groups: []int{33, 2000}, Home: "/home/app"},
		"app:www":        {UID: 1000, GID: 33, Home: "/home/app"},
		"app:33":         {UID: 1000, GID: 33, Home: "/home/app"},
		"app:":           {UID: 1000, GID: 1001, Groups: []int{33, 2000}, Home: "/home/app"},
		"4242":           {UID: 4242, Home: "/"},
		"4242:4343":      {UID: 4242, GID: 4343, Home: "/"},
		":www":           {GID: 33, Home: "/root"},
		"nohome":         {UID: 1002, GID: 1002, Home: "/"},
		"2147483647:000": {UID: 2147483647, Home: "/"},
		"7":              {UID: 700, GID: 700, Home: "/seven"},
	}
	for user, want := range cases {
		got, err := Resolve(user, strings.NewReader(passwdFile), strings.NewReader(groupFile))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v; want %+v", user, got, err, want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, user := range []string{"nobody", "app:nogroup", "-1", "2147483648", "app:-5", "broken"} {
		_, err := Resolve(user, strings.NewReader(passwdFile), strings.NewReader(groupFile))
		var problem *protocol.Error
		if !errors.As(err, &problem) || problem.Code != "user_not_found" {
			t.Errorf("%q: got %v", user, err)
		}
	}
}

func TestResolveWithoutFiles(t *testing.T) {
	got, err := Resolve("", nil, nil)
	if err != nil || !reflect.DeepEqual(got, Identity{Home: "/"}) {
		t.Errorf("root: %+v, %v", got, err)
	}
	if _, err := Resolve("app", nil, nil); err == nil {
		t.Error("a name needs /etc/passwd")
	}
}
