// Package api answers the host over HTTP.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"swarm/guest/egress"
	"swarm/guest/launch"
	"swarm/guest/process"
	"swarm/guest/protocol"
)

// Limits on what a client may hold.
const (
	maxConnections = 128
	maxStreams     = 32
	headerTimeout  = 5 * time.Second
	bodyTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 5 * time.Minute
)

// Server is guestd's side of the guest protocol.
type Server struct {
	config     protocol.Config
	launcher   *launch.Launcher
	supervisor *process.Supervisor
	terminals  *os.File
	powerOff   func()
	streams    chan struct{}
	diskDir    string
	gate       *egress.Gate
}

// Options of NewServer.
type Options struct {
	Config     protocol.Config
	Launcher   *launch.Launcher
	Supervisor *process.Supervisor
	// Terminals is the agent's /dev/pts. The server keeps it: a file that nothing keeps is closed.
	Terminals *os.File
	DiskDir   string
	// Gate is nil when there is no way out.
	Gate *egress.Gate
	// PowerOff ends the machine; it does not return.
	PowerOff func()
}

// NewServer makes a server; Serve runs it.
func NewServer(options Options) *Server {
	return &Server{
		config: options.Config, launcher: options.Launcher, supervisor: options.Supervisor,
		terminals: options.Terminals, powerOff: options.PowerOff, diskDir: options.DiskDir,
		gate:    options.Gate,
		streams: make(chan struct{}, maxStreams),
	}
}

type connectionKey struct{}

// Serve answers on the listener until it fails.
func (s *Server) Serve(listener net.Listener) error {
	server := &http.Server{
		Handler:           s.authorised(s.routes()),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    16 * 1024,
		// The console is no place for what clients do wrong.
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, connection)
		},
	}
	return server.Serve(&guardedListener{
		Listener: listener, gateway: net.ParseIP(s.config.Network.Gateway),
		slots: make(chan struct{}, maxConnections),
	})
}

func (s *Server) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /v1/status":          s.status,
		"POST /v1/process":        s.startProcess,
		"POST /v1/process/signal": s.signalProcess,
		"POST /v1/process/stop":   s.stopProcess,
		"GET /v1/events":          s.events,
		"GET /v1/logs":            s.logs,
		"POST /v1/run":            s.run,
		"POST /v1/exec":           s.exec,
		"POST /v1/egress":         s.egress,
		"POST /v1/clock":          s.clock,
		"POST /v1/reseed":         s.reseed,
		"POST /v1/poweroff":       s.powerOffMachine,
	}
}

func (s *Server) authorised(routes map[string]http.HandlerFunc) http.Handler {
	want := sha256.Sum256([]byte(s.config.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("Connection", "close")
			fail(w, &protocol.Error{Code: "unauthorized", Message: "the token is missing or wrong"})
			return
		}
		handler, ok := routes[r.Method+" "+r.URL.Path]
		if !ok {
			fail(w, &protocol.Error{Code: "not_found", Message: "no such request"})
			return
		}
		handler(w, r)
	})
}

// httpStatus of each error code; what is not here is 500.
var httpStatus = map[string]int{
	"unauthorized": 401, "not_found": 404, "bad_request": 400, "too_many_streams": 429,
	"process_running": 409, "process_not_started": 409, "user_not_found": 422,
	"executable_not_found": 422, "executable_not_permitted": 422, "start_failed": 422,
}

func asError(err error) *protocol.Error {
	var problem *protocol.Error
	if !errors.As(err, &problem) {
		problem = &protocol.Error{Code: "start_failed", Message: err.Error()}
	}
	if len(problem.Message) > 4000 {
		problem.Message = strings.ToValidUTF8(problem.Message[:4000], "")
	}
	return problem
}

func fail(w http.ResponseWriter, err error) {
	problem := asError(err)
	status, ok := httpStatus[problem.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	answer(w, status, protocol.ErrorBody{Error: problem})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// readBody decodes a bounded JSON body that must arrive in time.
func readBody(r *http.Request, into any) error {
	if connection, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
		_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout))
		defer connection.SetReadDeadline(time.Time{})
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, protocol.MaxRequestBody+1))
	if err == nil && len(body) > protocol.MaxRequestBody {
		err = errors.New("the body is too large")
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return &protocol.Error{Code: "bad_request", Message: fmt.Sprintf("request body: %v", err)}
	}
	return nil
}

// guardedListener takes only what comes from the host, which is the gateway on every network, so
// that the agent cannot take up the host's connections, and bounds how many there are. The listener
// must hear the link only: a process inside may claim any source address.
type guardedListener struct {
	net.Listener
	gateway net.IP
	slots   chan struct{}
}

func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		remote, ok := connection.RemoteAddr().(*net.TCPAddr)
		if !ok || !remote.IP.Equal(l.gateway) {
			connection.Close()
			continue
		}
		l.slots <- struct{}{}
		return &slotConnection{Conn: connection, slots: l.slots}, nil
	}
}
