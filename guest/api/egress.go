package api

import (
	"io"
	"net/http"
	"strings"
	"time"

	"swarm/guest/protocol"
)

// egress parks the connection until a process opens one. From the upgrade on it counts no more
// among the API's connections and streams.
func (s *Server) egress(w http.ResponseWriter, r *http.Request) {
	if s.gate == nil {
		fail(w, &protocol.Error{Code: "not_found", Message: "this machine has no way out"})
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "swarm-egress") {
		fail(w, &protocol.Error{Code: "bad_request", Message: "Upgrade: swarm-egress is missing"})
		return
	}
	hijacked, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	connection, ok := takeOut(hijacked)
	// Nothing is said on it before the head: bytes that came already would be lost.
	if !ok || buffered.Reader.Buffered() > 0 {
		hijacked.Close()
		return
	}
	_ = connection.SetDeadline(time.Now().Add(headerTimeout))
	// The host is across a virtual cable: if it is gone, so is the machine.
	_ = connection.SetKeepAlive(false)
	head := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: swarm-egress\r\n\r\n"
	if _, err := io.WriteString(connection, head); err != nil {
		connection.Close()
		return
	}
	_ = connection.SetDeadline(time.Time{})
	if !s.gate.Park(connection) {
		connection.Close()
	}
}
