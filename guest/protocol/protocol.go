// Package protocol holds the types of the guest protocol; docs/guest-protocol.md is the prose of
// it and src/contracts/guest.ts the host's side.
package protocol

// Version of the protocol that this guestd speaks.
const Version = 1

// Limits that both sides keep to.
const (
	LogLineBytes   = 16 * 1024
	MaxPorts       = 200
	MaxRunOutput   = 1024 * 1024
	MaxFrameBytes  = 64 * 1024
	MaxRequestBody = 1024 * 1024
)

// ConfigMagic starts the configuration drive; JSON follows, padded with NULs.
const ConfigMagic = "SWARMCFG1\n"

// Network is the machine's address and routes.
type Network struct {
	Address      string `json:"address"`
	PrefixLength int    `json:"prefixLength"`
	Gateway      string `json:"gateway"`
	DNS          string `json:"dns"`
	MTU          int    `json:"mtu"`
}

// Egress is set when there is a way out.
type Egress struct {
	// ProxyPort is where the explicit proxy listens on 127.0.0.1.
	ProxyPort int `json:"proxyPort"`
	// Authority is the certificate, in PEM, that processes are to trust.
	Authority string `json:"authority"`
}

// Config is what the configuration drive holds.
type Config struct {
	Version    int     `json:"version"`
	MachineID  string  `json:"machineId"`
	Token      string  `json:"token"`
	Hostname   string  `json:"hostname"`
	GuestdPort int     `json:"guestdPort"`
	Network    Network `json:"network"`
	Egress     *Egress `json:"egress,omitempty"`
}

// EgressHead is the line that tells the host what a parked connection is now for.
type EgressHead struct {
	Kind string `json:"kind"`
	Port int    `json:"port"`
	Name string `json:"name,omitempty"`
}

// Where the authority lies in the agent's root: alone, and together with the image's own.
const (
	AuthorityDir    = "/run/swarm"
	AuthorityPath   = AuthorityDir + "/ca.pem"
	AuthorityBundle = AuthorityDir + "/ca-bundle.pem"
)

// CapturePort is where captured connections arrive; nobody connects to it.
const CapturePort = 61709

// EgressHeadBytes is the longest head, with its newline.
const EgressHeadBytes = 512

// ProcessSpec says what to run: the agent's process, a run or an exec.
type ProcessSpec struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`
	Cwd  string            `json:"cwd"`
	User string            `json:"user"`
}

// RunSpec is the body of POST /v1/run.
type RunSpec struct {
	ProcessSpec
	TimeoutMs      int `json:"timeoutMs"`
	MaxOutputBytes int `json:"maxOutputBytes"`
}

// ExecSpec is the body of POST /v1/exec.
type ExecSpec struct {
	ProcessSpec
	TTY     bool `json:"tty"`
	Columns int  `json:"columns,omitempty"`
	Rows    int  `json:"rows,omitempty"`
}

// Exit says how a process ended: exactly one of ExitCode and Signal is set.
type Exit struct {
	ExitCode  *int    `json:"exitCode"`
	Signal    *string `json:"signal"`
	OOMKilled bool    `json:"oomKilled"`
	ExitedAt  string  `json:"exitedAt"`
}

// RunResult is the answer of POST /v1/run.
type RunResult struct {
	ExitCode *int    `json:"exitCode"`
	Signal   *string `json:"signal"`
	TimedOut bool    `json:"timedOut"`
	Output   string  `json:"output"`
}

// ProcessStatus is the agent's process within Status.
type ProcessStatus struct {
	State     string  `json:"state"`
	PID       int     `json:"pid"`
	StartedAt *string `json:"startedAt"`
	Exit      *Exit   `json:"exit"`
}

// Memory in bytes.
type Memory struct {
	TotalBytes     uint64 `json:"totalBytes"`
	AvailableBytes uint64 `json:"availableBytes"`
}

// Disk in bytes.
type Disk struct {
	TotalBytes uint64 `json:"totalBytes"`
	UsedBytes  uint64 `json:"usedBytes"`
}

// EgressStatus is the way out within Status.
type EgressStatus struct {
	// Capture is "all" or "none": then only the explicit proxy leads out, and Reason says why.
	Capture string `json:"capture"`
	Reason  string `json:"reason,omitempty"`
	// Parked are the host's that wait for one from inside; Waiting the other way round.
	Parked  int `json:"parked"`
	Waiting int `json:"waiting"`
	Active  int `json:"active"`
	// Names have synthetic addresses.
	Names int `json:"names"`
}

// Status is the answer of GET /v1/status.
type Status struct {
	Version   int           `json:"version"`
	MachineID string        `json:"machineId"`
	UptimeMs  int64         `json:"uptimeMs"`
	Process   ProcessStatus `json:"process"`
	Listening []int         `json:"listening"`
	Memory    Memory        `json:"memory"`
	Disk      Disk          `json:"disk"`
	CPUMs     int64         `json:"cpuMs"`
	Egress    *EgressStatus `json:"egress,omitempty"`
}

// Event is a line of GET /v1/events.
type Event struct {
	Type  string `json:"type"`
	Seq   int64  `json:"seq"`
	Time  string `json:"time"`
	PID   int    `json:"pid,omitempty"`
	Ports *[]int `json:"ports,omitempty"`
	Exit  *Exit  `json:"exit,omitempty"`
}

// LogLine is a record of GET /v1/logs of type `line`.
type LogLine struct {
	Type    string `json:"type"`
	Seq     int64  `json:"seq"`
	Time    string `json:"time"`
	Stream  string `json:"stream"`
	Text    string `json:"text"`
	Partial bool   `json:"partial"`
}

// Lost is a record of GET /v1/logs: the lines up to Seq are gone.
type Lost struct {
	Type  string `json:"type"`
	Seq   int64  `json:"seq"`
	Count int64  `json:"count"`
}

// Error is the body of every answer with status 400 or above, within {"error": …}.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorBody wraps an Error as it crosses the wire.
type ErrorBody struct {
	Error *Error `json:"error"`
}

// Frame types of POST /v1/exec.
const (
	FrameStdin = iota
	FrameStdout
	FrameStderr
	FrameExit
	FrameResize
	FrameStdinEnd
	FrameSignal
	FrameError
)

// TimeFormat is RFC 3339 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"
