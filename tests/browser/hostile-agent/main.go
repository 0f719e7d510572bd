// The hostile agent: it writes to its log, answers and calls out exactly as it is told, byte by byte.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Longest line that it writes when it is told to write a long one.
const maxLine = 64 << 20

func main() {
	handle := http.NewServeMux()
	handle.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	handle.HandleFunc("/say", say)
	handle.HandleFunc("/say-long", sayLong)
	handle.HandleFunc("/answer/", answer)
	handle.HandleFunc("/rows", rows)
	handle.HandleFunc("/call", call)
	handle.HandleFunc("/ask", call)
	handle.HandleFunc("/chat", chat)
	handle.HandleFunc("/exit", func(_ http.ResponseWriter, _ *http.Request) { os.Exit(3) })
	handle.HandleFunc("/", echo)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	port := os.Getenv("PORT")
	fmt.Println("hostile-agent listens on", port, "version", os.Getenv("VERSION"))
	// Paths with anything in them: a ServeMux alone would redirect them to a clean form.
	server := &http.Server{Addr: ":" + port, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := handle.Handler(r); pattern == "" || pattern == "/" {
			echo(w, r)
			return
		}
		handle.ServeHTTP(w, r)
	})}
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func stream(name string) io.Writer {
	if name == "stderr" {
		return os.Stderr
	}
	return os.Stdout
}

// POST /say: {stream, lines: [base64, …]}
func say(w http.ResponseWriter, r *http.Request) {
	var told struct {
		Stream string
		Lines  [][]byte
	}
	if !read(w, r, &told) {
		return
	}
	for _, line := range told.Lines {
		stream(told.Stream).Write(append(line, '\n'))
	}
	fmt.Fprintln(w, len(told.Lines))
}

// POST /say-long?bytes=N: one line of that length.
func sayLong(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
	if n <= 0 || n > maxLine {
		http.Error(w, "bytes: 1 to 64 MiB", http.StatusBadRequest)
		return
	}
	line := bytes.Repeat([]byte("<b>long</b> "), n/12+1)[:n]
	os.Stdout.Write(append(line, '\n'))
	fmt.Fprintln(w, n)
}

// POST /answer/ANYTHING: {status, headers: [[name, value], …], body: base64}; the bytes go out as they are.
func answer(w http.ResponseWriter, r *http.Request) {
	var told struct {
		Status  int
		Headers [][2]string
		Body    []byte
	}
	if !read(w, r, &told) {
		return
	}
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 %d Told\r\nConnection: close\r\nContent-Length: %d\r\n", told.Status, len(told.Body))
	for _, header := range told.Headers {
		fmt.Fprintf(conn, "%s: %s\r\n", header[0], header[1])
	}
	fmt.Fprint(conn, "\r\n")
	conn.Write(told.Body)
}

// GET /rows?count=N: a JSON array of that many rows, as a tool might give it.
func rows(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("count"))
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(w, 1<<16)
	defer out.Flush()
	out.WriteString("[")
	for i := 0; i < n; i++ {
		if i > 0 {
			out.WriteString(",\n")
		}
		out.WriteString(`{"id":`)
		out.WriteString(strconv.Itoa(i))
		out.WriteString(`,"name":"<img src=x onerror=__pwned(1)>"}`)
	}
	out.WriteString("]")
}

// POST /call: {url, method, headers, body}: what came back. The run goes on in the call.
func call(w http.ResponseWriter, r *http.Request) {
	var told struct {
		Url, Method, Body string
		Headers           map[string]string
	}
	if !read(w, r, &told) {
		return
	}
	if told.Method == "" {
		told.Method = "POST"
	}
	request, err := http.NewRequest(told.Method, told.Url, strings.NewReader(told.Body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+os.Getenv("MODEL_API_KEY"))
	if parent := r.Header.Get("traceparent"); parent != "" {
		request.Header.Set("traceparent", parent)
	}
	for name, value := range told.Headers {
		request.Header.Set(name, value)
	}
	client := http.Client{Timeout: 30 * time.Second}
	got, err := client.Do(request)
	if err != nil {
		json.NewEncoder(w).Encode(map[string]any{"failed": err.Error()})
		return
	}
	defer got.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"status": got.StatusCode, "text": string(body)})
}

// POST /chat: a completion in pieces, as models stream it; the last message comes back in it.
func chat(w http.ResponseWriter, r *http.Request) {
	var told struct{ Messages []struct{ Content string } }
	if !read(w, r, &told) {
		return
	}
	said := "nothing"
	if len(told.Messages) > 0 {
		said = told.Messages[len(told.Messages)-1].Content
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, piece := range []string{"You ", "said: ", said, " — ", "done."} {
		delta, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]string{"content": piece}}}})
		fmt.Fprintf(w, "data: %s\n\n", delta)
		w.(http.Flusher).Flush()
		time.Sleep(150 * time.Millisecond)
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.RequestURI(), "body": string(body), "headers": r.Header,
		"version": os.Getenv("VERSION"), "replica": os.Getenv("SWARM_REPLICA"),
	})
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}
