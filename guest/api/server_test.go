package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"swarm/guest/launch"
	"swarm/guest/process"
	"swarm/guest/protocol"
)

var token = strings.Repeat("ab", 32)

func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	launcher := &launch.Launcher{CgroupDir: t.TempDir()}
	server := NewServer(Options{
		Config: protocol.Config{Token: token, MachineID: "m"}, Launcher: launcher,
		Supervisor: process.NewSupervisor(launcher, 0), DiskDir: "/",
	})
	unstarted := httptest.NewUnstartedServer(server.authorised(server.routes()))
	unstarted.Config.ConnContext = func(ctx context.Context, connection net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, connection)
	}
	unstarted.Start()
	t.Cleanup(unstarted.Close)
	return unstarted
}

func request(t *testing.T, server *httptest.Server, method, path, authorization, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, _ := io.ReadAll(answer.Body)
	var problem protocol.ErrorBody
	_ = json.Unmarshal(content, &problem)
	if problem.Error != nil {
		return answer.StatusCode, problem.Error.Code
	}
	return answer.StatusCode, string(content)
}

func TestTokenGuardsEverything(t *testing.T) {
	server := newServer(t)
	for _, authorization := range []string{"", "Bearer ", "Bearer " + token[1:], "Bearer " + token + "0", "Basic x"} {
		for _, path := range []string{"/v1/status", "/v1/logs", "/", "/v1/nothing"} {
			if status, code := request(t, server, "GET", path, authorization, ""); status != 401 || code != "unauthorized" {
				t.Errorf("%q %s: %d %s", authorization, path, status, code)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	server := newServer(t)
	cases := []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/v1/nothing", "", 404, "not_found"},
		{"DELETE", "/v1/status", "", 404, "not_found"},
		{"POST", "/v1/process", "{", 400, "bad_request"},
		{"POST", "/v1/process", `{"argv":[]}`, 400, "bad_request"},
		{"POST", "/v1/process", `{"argv":["a"],"cwd":"relative"}`, 400, "bad_request"},
		{"POST", "/v1/process", `{"argv":["a"],"env":{"A=B":"c"}}`, 400, "bad_request"},
		{"POST", "/v1/process", `{"argv":["a\u0000"]}`, 400, "bad_request"},
		{"POST", "/v1/process", `"` + strings.Repeat("x", protocol.MaxRequestBody) + `"`, 400, "bad_request"},
		{"POST", "/v1/process/signal", `{"signal":"SIGNOPE"}`, 400, "bad_request"},
		{"POST", "/v1/process/signal", `{"signal":"SIGTERM"}`, 409, "process_not_started"},
		{"POST", "/v1/process/stop", `{"signal":"SIGTERM","timeoutMs":-1}`, 400, "bad_request"},
		{"POST", "/v1/process/stop", `{"signal":"SIGTERM","timeoutMs":1}`, 409, "process_not_started"},
		{"POST", "/v1/exec", `{"argv":["a"]}`, 400, "bad_request"},
		{"POST", "/v1/reseed", `{"seed":"***"}`, 400, "bad_request"},
		{"POST", "/v1/clock", `{"unixNanos":"soon"}`, 400, "bad_request"},
		{"GET", "/v1/logs?after=-1", "", 400, "bad_request"},
		{"GET", "/v1/events?after=x", "", 400, "bad_request"},
	}
	for _, c := range cases {
		status, code := request(t, server, c.method, c.path, "Bearer "+token, c.body)
		if status != c.status || code != c.code {
			t.Errorf("%s %s %.40s: %d %s", c.method, c.path, c.body, status, code)
		}
	}
}

func TestStatus(t *testing.T) {
	status, body := request(t, newServer(t), "GET", "/v1/status", "Bearer "+token, "")
	var answer protocol.Status
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if answer.MachineID != "m" || answer.Process.State != "none" || answer.Listening == nil {
		t.Errorf("%s", body)
	}
}

func TestFrames(t *testing.T) {
	client, server := net.Pipe()
	writer := &frameWriter{connection: server}
	go func() {
		_ = writer.write(protocol.FrameStdout, []byte("hello"))
		_ = writer.write(protocol.FrameStdinEnd, nil)
		server.Close()
	}()
	reader := bufio.NewReader(client)
	kind, payload, err := readFrame(reader)
	if kind != protocol.FrameStdout || string(payload) != "hello" || err != nil {
		t.Errorf("%d %q %v", kind, payload, err)
	}
	if kind, payload, err = readFrame(reader); kind != protocol.FrameStdinEnd || len(payload) != 0 || err != nil {
		t.Errorf("%d %q %v", kind, payload, err)
	}
	if _, _, err = readFrame(reader); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	oversized := bytes.NewReader([]byte{0, 0, 1, 0, 1})
	if _, _, err = readFrame(bufio.NewReader(oversized)); err == nil || err == io.ErrUnexpectedEOF {
		t.Errorf("oversized frame: %v", err)
	}
}

func TestBoundedBuffer(t *testing.T) {
	buffer := boundedBuffer{limit: 5}
	for _, chunk := range []string{"abc", "def", "ghi"} {
		buffer.add([]byte(chunk))
	}
	if string(buffer.bytes) != "abcde" {
		t.Errorf("%q", buffer.bytes)
	}
}
