//go:build cgo

package countersign

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dial opens a connection to a server with a middleware, to which a test can write anything.
func dial(t *testing.T, handler http.Handler, change func(*http.Server)) (net.Conn, *bufio.Reader) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	if change != nil {
		change(server.Config)
	}
	server.Start()
	t.Cleanup(server.Close)
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	return connection, bufio.NewReader(connection)
}

const slowHead = "POST / HTTP/1.1\r\nHost: shop\r\nX-Hub-Signature-256: " + publishedSignature + "\r\n"

// A sender that stops in the middle cannot keep a connection open.
func TestABodyThatTakesTooLong(t *testing.T) {
	for name, head := range map[string]string{
		"with its length": "Content-Length: 13\r\n\r\nHello", "chunked": "Transfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n",
	} {
		reasons := make(chan error, 1)
		middleware := Middleware{Verifier: github(t), ReadTimeout: 50 * time.Millisecond, OnReject: func(_ *http.Request, err error) { reasons <- err }}
		connection, reader := dial(t, behind(t, middleware), nil)
		fmt.Fprint(connection, slowHead+head)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		if answer, _ := io.ReadAll(response.Body); response.StatusCode != 408 || string(answer) != "too slow\n" || !response.Close {
			t.Error(name, response.StatusCode, string(answer), response.Close)
		}
		if err := <-reasons; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(name, err)
		}
	}
}

// The time of the handler does not count, nor that of the next request on the same connection.
func TestTheTimeOfTheHandlerDoesNotCount(t *testing.T) {
	handler, err := Middleware{Verifier: github(t), ReadTimeout: 100 * time.Millisecond}.Handler(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		select {
		case <-request.Context().Done():
			http.Error(response, "cancelled", 500)
		case <-time.After(300 * time.Millisecond):
			fmt.Fprint(response, "done")
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	connection, reader := dial(t, handler, nil)
	for range 2 {
		fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\n"+publishedBody)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, _ := io.ReadAll(response.Body); response.StatusCode != 200 || string(answer) != "done" {
			t.Error(response.StatusCode, string(answer))
		}
		time.Sleep(150 * time.Millisecond)
	}
}

// A server that allows less time than the middleware still allows no more.
func TestAShorterTimeOfTheServerStaysInForce(t *testing.T) {
	for _, timeout := range []time.Duration{0, -1, time.Hour} {
		connection, reader := dial(t, behind(t, Middleware{Verifier: github(t), ReadTimeout: timeout}), func(server *http.Server) {
			server.ReadTimeout = 100 * time.Millisecond
		})
		start := time.Now()
		fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\nHello")
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 408 || time.Since(start) > 10*time.Second {
			t.Error(timeout, response, err)
		}
	}
}

// If no deadline can be set, or none is wanted, a body is read as usual.
func TestBodiesWithoutADeadline(t *testing.T) {
	for _, timeout := range []time.Duration{0, -1, time.Second} {
		request := httptest.NewRequest("POST", "/", strings.NewReader(publishedBody))
		request.Header.Set("X-Hub-Signature-256", publishedSignature)
		recorder := httptest.NewRecorder()
		behind(t, Middleware{Verifier: github(t), ReadTimeout: timeout}).ServeHTTP(recorder, request)
		if recorder.Code != 200 {
			t.Error(timeout, recorder.Code)
		}
	}
}

// Where no deadline can be set, no event is lost, and the server's log says once what to do.
func TestNoDeadlineIsReportedOnce(t *testing.T) {
	lines := make(logLines, 10)
	logTo := func(server *http.Server) { server.ErrorLog = log.New(lines, "", 0) }
	handler := http.TimeoutHandler(behind(t, Middleware{Verifier: github(t), BodyBudget: DefaultMaxBody}), time.Minute, "late")
	for range 3 {
		connection, reader := dial(t, handler, logTo)
		fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\n"+publishedBody)
		if response, err := http.ReadResponse(reader, nil); err != nil || response.StatusCode != 200 {
			t.Fatal(response, err)
		}
	}
	if len(lines) != 1 {
		t.Fatal(len(lines), "lines")
	}
	said := <-lines
	for _, part := range []string{"*http.timeoutWriter cannot set", "http.TimeoutHandler", "ReadTimeout of the http.Server to 30s or less.\n"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q is not in %q", part, said)
		}
	}
}

// logLines receives what a logger writes.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// Both remedies that the report names.
func TestATimeLimitBesideATimeoutHandler(t *testing.T) {
	inner := http.TimeoutHandler(shop, time.Minute, "late")
	inFront, err := Middleware{Verifier: github(t), ReadTimeout: 50 * time.Millisecond}.Handler(inner)
	if err != nil {
		t.Fatal(err)
	}
	ofServer := http.TimeoutHandler(behind(t, Middleware{Verifier: github(t)}), time.Minute, "late")
	for name, test := range map[string]struct {
		handler http.Handler
		limit   time.Duration
	}{"the middleware in front": {inFront, 0}, "ReadTimeout of the server": {ofServer, 50 * time.Millisecond}} {
		lines := make(logLines, 10)
		connection, reader := dial(t, test.handler, func(server *http.Server) {
			server.ReadTimeout, server.ErrorLog = test.limit, log.New(lines, "", 0)
		})
		fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\nHello")
		// When a read fails, net/http ends the context of the request too, and http.TimeoutHandler may see that first.
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 408 && (test.limit == 0 || response.StatusCode != 503) {
			t.Error(name, response, err)
		}
		if len(lines) != 0 {
			t.Error(name, <-lines)
		}
	}
}

// The limits are those of the layer in Rust, according to its documentation.
func TestTheLimitsAreThoseOfTheLayer(t *testing.T) {
	files, err := filepath.Glob("../../crates/countersign/src/tower/*.rs")
	if err != nil {
		t.Fatal(err)
	}
	var layer strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		layer.Write(text)
	}
	for _, line := range []string{"LIMIT: u64 = 2 * 1024 * 1024;", "TIMEOUT: Duration = Duration::from_secs(30);",
		"{ bytes_per_second: 1024, after: Duration::from_secs(5) }", "SMALL_BODY: u64 = 64 * 1024;", "SMALL_PART: u64 = 8;"} {
		if !strings.Contains(layer.String(), line) {
			t.Errorf("the layer says something else than %q", line)
		}
	}
	if DefaultLeastRate != 1024 || DefaultLeastRateAfter != 5*time.Second || smallBody != 64*1024 || smallPart != 8 {
		t.Error(DefaultLeastRate, DefaultLeastRateAfter, smallBody, smallPart)
	}
	if DefaultMaxBody != 2*1024*1024 || DefaultReadTimeout != 30*time.Second {
		t.Error(DefaultMaxBody, DefaultReadTimeout)
	}
	for size, status := range map[int64]int{DefaultMaxBody: 401, DefaultMaxBody + 1: 413} {
		recorder := httptest.NewRecorder()
		behind(t, Middleware{Verifier: github(t)}).ServeHTTP(recorder, httptest.NewRequest("POST", "/", io.LimitReader(endless{}, size)))
		if recorder.Code != status {
			t.Error(size, recorder.Code)
		}
	}
}

type endless struct{}

func (endless) Read(room []byte) (int, error) { return len(room), nil }
