package launch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"swarm/guest/protocol"
)

func TestLookUp(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, plain := write("a/tool", 0o755), write("a/plain", 0o644)
	write("b/tool", 0o755)
	second := write("b/plain", 0o755)
	env := map[string]string{"PATH": dir + "/missing:" + dir + "/a:" + dir + "/b"}

	for program, want := range map[string]string{"tool": first, "plain": second, plain: "", first: first} {
		got, err := lookUp(program, env)
		if want == "" {
			if code(err) != "executable_not_permitted" {
				t.Errorf("%s: got %v", program, err)
			}
		} else if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", program, got, err, want)
		}
	}
	if _, err := lookUp("nowhere", env); code(err) != "executable_not_found" {
		t.Errorf("nowhere: %v", err)
	}
	if _, err := lookUp("plain", map[string]string{"PATH": dir + "/a"}); code(err) != "executable_not_permitted" {
		t.Errorf("plain in PATH: %v", err)
	}
	if _, err := lookUp(dir, env); code(err) != "executable_not_permitted" {
		t.Errorf("a directory: %v", err)
	}
	if got, err := lookUp("sh", map[string]string{}); err != nil || filepath.Base(got) != "sh" {
		t.Errorf("without PATH: %q, %v", got, err)
	}
}

func code(err error) string {
	var problem *protocol.Error
	if errors.As(err, &problem) {
		return problem.Code
	}
	return ""
}
