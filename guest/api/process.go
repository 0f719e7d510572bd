package api

import (
	"net/http"
	"time"

	"swarm/guest/launch"
	"swarm/guest/protocol"
)

func (s *Server) startProcess(w http.ResponseWriter, r *http.Request) {
	var spec protocol.ProcessSpec
	if err := readBody(r, &spec); err != nil {
		fail(w, err)
		return
	}
	pid, err := s.supervisor.Start(spec)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusCreated, map[string]int{"pid": pid})
}

type signalBody struct {
	Signal    string `json:"signal"`
	TimeoutMs int    `json:"timeoutMs"`
}

// maxStopTimeout bounds how long a stop may wait.
const maxStopTimeout = 15 * time.Minute

func (s *Server) signalProcess(w http.ResponseWriter, r *http.Request) {
	var body signalBody
	if err := readBody(r, &body); err != nil {
		fail(w, err)
		return
	}
	signal, ok := launch.ParseSignal(body.Signal)
	if !ok {
		fail(w, &protocol.Error{Code: "bad_request", Message: "no such signal"})
		return
	}
	if err := s.supervisor.Signal(signal); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) stopProcess(w http.ResponseWriter, r *http.Request) {
	body := signalBody{Signal: "SIGTERM", TimeoutMs: 10_000}
	if err := readBody(r, &body); err != nil {
		fail(w, err)
		return
	}
	signal, ok := launch.ParseSignal(body.Signal)
	timeout := time.Duration(body.TimeoutMs) * time.Millisecond
	if !ok || timeout < 0 || timeout > maxStopTimeout {
		fail(w, &protocol.Error{Code: "bad_request", Message: "no such signal or timeoutMs"})
		return
	}
	exit, err := s.supervisor.Stop(signal, timeout)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, exit)
}
