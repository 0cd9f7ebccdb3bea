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
	"net/http/httptrace"
	"os"
	"strings"
	"testing"
	"time"
)

// Answers that are given before the end of the body, to senders that stop sending and hold the connection. The deadline that dial
// sets ends a test in which the server does not answer; it is far from every limit of the server.

const (
	tooLong = "POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 70000\r\n"
	// More than the limit of 64 KiB in one chunk, but less than net/http discards, and no end.
	chunks = "POST /orders HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n"
)

// early are requests that are refused before their end, with a MaxBody of 64 KiB.
var early = map[string]struct {
	sent   string
	status int
}{
	"a length over the limit":   {tooLong + "\r\n", 413},
	"some of it has arrived":    {tooLong + "\r\nHello", 413},
	"it waits for 100 Continue": {tooLong + "Expect: 100-continue\r\n\r\n", 413},
	"HTTP/1.0":                  {strings.Replace(tooLong, "HTTP/1.1", "HTTP/1.0", 1) + "Connection: keep-alive\r\n\r\n", 413},
	"HEAD":                      {strings.Replace(tooLong, "POST", "HEAD", 1) + "\r\n", 413},
	"chunks over the limit":     {chunks + strings.Repeat("x", 70_000) + "\r\n", 413},
	"not a chunk":               {strings.Replace(chunks, "11170", "what", 1), 400},
}

// answerOf reads the head of the answer, and checks that the connection is not to be used again.
func answerOf(t *testing.T, reader *bufio.Reader, sent string) *http.Response {
	t.Helper()
	method, _, _ := strings.Cut(sent, " ")
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		t.Fatal("no answer:", err)
	}
	if !response.Close {
		t.Error("the connection is to be used again")
	}
	return response
}

// ends checks that the server closes the connection, although the sender does not.
func ends(t *testing.T, reader *bufio.Reader, what string) {
	t.Helper()
	if _, err := io.Copy(io.Discard, reader); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(what, "holds the connection")
	}
}

// A stalled sender has sent what is to be refused, and nothing else.
type stalled struct {
	name, sent string
	status     int
	connection net.Conn
	reader     *bufio.Reader
}

// stall opens a connection for each of the early requests. All of them wait at the same time.
func stall(t *testing.T, middleware Middleware, ofServer time.Duration) (all []stalled) {
	t.Helper()
	middleware.Verifier, middleware.MaxBody = github(t), 64<<10
	for name, test := range early {
		connection, reader := dial(t, behind(t, middleware), func(server *http.Server) { server.ReadTimeout = ofServer })
		fmt.Fprint(connection, test.sent)
		name = fmt.Sprintf("%s, %v, %v, %v", name, middleware.ReadTimeout, middleware.LeastRate, ofServer)
		all = append(all, stalled{name, test.sent, test.status, connection, reader})
	}
	return all
}

// The answer does not wait for the rest of the body.
func TestAnEarlyAnswerIsSentAtOnce(t *testing.T) {
	var all []stalled
	for _, middleware := range []Middleware{{}, {ReadTimeout: -1}, {BodyBudget: 1 << 20, LeastRate: -1}} {
		all = append(all, stall(t, middleware, 0)...)
	}
	for _, sender := range all {
		if response := answerOf(t, sender.reader, sender.sent); response.StatusCode != sender.status {
			t.Error(sender.name, response.StatusCode)
		}
		_ = sender.connection.Close()
	}
}

// Nobody holds a connection for longer than a body may take.
func TestAnEarlyAnswerEndsTheConnection(t *testing.T) {
	const limit = 300 * time.Millisecond
	var all []stalled
	for _, test := range []struct {
		middleware Middleware
		ofServer   time.Duration
	}{
		{Middleware{ReadTimeout: limit}, 0},
		{Middleware{ReadTimeout: limit, BodyBudget: 1 << 20}, 0},
		{Middleware{ReadTimeout: limit}, time.Hour},
		{Middleware{}, limit},
		{Middleware{ReadTimeout: -1}, limit},
		{Middleware{ReadTimeout: time.Hour, LeastRate: 1000, LeastRateAfter: limit}, 0},
		{Middleware{ReadTimeout: -1, LeastRate: 1000, LeastRateAfter: limit}, 0},
	} {
		all = append(all, stall(t, test.middleware, test.ofServer)...)
	}
	for _, sender := range all {
		if response := answerOf(t, sender.reader, sender.sent); response.StatusCode != sender.status {
			t.Error(sender.name, response.StatusCode)
		}
		ends(t, sender.reader, sender.name)
	}
}

// A body for which the budget has no room is refused before anything of it is read.
func TestARefusalByTheBudgetIsSentAtOnce(t *testing.T) {
	for _, limit := range []time.Duration{300 * time.Millisecond, time.Minute} {
		entered, leave := make(chan struct{}), make(chan struct{})
		handler, err := Middleware{
			Verifier: github(t), MaxBody: int64(len(publishedBody)), BodyBudget: int64(len(publishedBody)),
			SmallBodyBudget: -1, LeastRate: -1, ReadTimeout: limit,
		}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(entered); <-leave }))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		open := func(body string) (net.Conn, *bufio.Reader) {
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
			fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\n"+body)
			return connection, bufio.NewReader(connection)
		}
		full, _ := open(publishedBody)
		<-entered
		stalled, reader := open("")
		if response := answerOf(t, reader, slowHead); response.StatusCode != 503 {
			t.Error(response.StatusCode)
		}
		if limit < time.Second {
			ends(t, reader, "a refusal by the budget")
		}
		close(leave)
		_, _ = full.Close(), stalled.Close()
		server.Close()
	}
}

// A panic is an end before the end of the body, too.
func TestAPanicOfOnRejectEndsTheConnection(t *testing.T) {
	connection, reader := dial(t, behind(t, Middleware{
		Verifier: github(t), MaxBody: 64 << 10, ReadTimeout: 300 * time.Millisecond,
		OnReject: func(*http.Request, error) { panic(http.ErrAbortHandler) },
	}), nil)
	fmt.Fprint(connection, tooLong+"\r\n")
	ends(t, reader, "a panic")
}

// Where no deadline can be set, the answer is still sent at once, and the log says what to do.
func TestAnEarlyAnswerWithoutADeadline(t *testing.T) {
	lines := make(logLines, 10)
	handler := http.TimeoutHandler(behind(t, Middleware{Verifier: github(t), MaxBody: 64 << 10}), time.Minute, "late")
	connection, reader := dial(t, handler, func(server *http.Server) { server.ErrorLog = log.New(lines, "", 0) })
	fmt.Fprint(connection, tooLong+"\r\n")
	if response := answerOf(t, reader, tooLong); response.StatusCode != 413 {
		t.Error(response.StatusCode)
	}
	if len(lines) != 1 {
		t.Fatal(len(lines), "lines")
	}
	if said := <-lines; !strings.Contains(said, "set ReadTimeout of the http.Server") {
		t.Error(said)
	}
}

// A sender that still writes gets the answer, if net/http discards what it writes.
func TestASenderThatStillWritesGetsTheAnswer(t *testing.T) {
	connection, reader := dial(t, behind(t, Middleware{Verifier: github(t), MaxBody: 64 << 10}), nil)
	fmt.Fprint(connection, tooLong+"\r\n")
	for range 7 {
		if _, err := connection.Write([]byte(strings.Repeat("x", 10_000))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	response := answerOf(t, reader, tooLong)
	if answer, err := io.ReadAll(response.Body); response.StatusCode != 413 || string(answer) != "too large\n" || err != nil {
		t.Error(response.StatusCode, string(answer), err)
	}
}

// In HTTP/2, a refusal ends its own stream, and the connection serves the next request.
func TestAnEarlyAnswerOfHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(behind(t, Middleware{Verifier: github(t), MaxBody: 64 << 10}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := server.Client()
	client.Timeout = 20 * time.Second
	for _, isReused := range []bool{false, true} {
		never, sender := io.Pipe()
		request, err := http.NewRequest("POST", server.URL, never)
		if err != nil {
			t.Fatal(err)
		}
		request.ContentLength = 70_000
		found := !isReused
		request = request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) { found = info.Reused },
		}))
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 413 || response.ProtoMajor != 2 || found != isReused {
			t.Error(response.StatusCode, response.Proto, found)
		}
		_, _ = response.Body.Close(), sender.Close()
	}
}

// Whatever answers in front of the middleware or beside it is limited by ReadTimeout of the http.Server, which the README sets.
func TestTheServerLimitsOtherAnswers(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/tenants/", func(response http.ResponseWriter, _ *http.Request) { // in front, as the README's known
		http.Error(response, "not accepted", http.StatusUnauthorized)
	})
	mux.Handle("POST /orders", behind(t, Middleware{Verifier: github(t)}))
	for target, status := range map[string]int{"POST /nope": 404, "POST /tenants/7": 401, "PUT /orders": 405, "POST /orders": 408} {
		connection, reader := dial(t, mux, func(server *http.Server) { server.ReadTimeout = 300 * time.Millisecond })
		fmt.Fprint(connection, target+" HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\n")
		if response := answerOf(t, reader, target); response.StatusCode != status {
			t.Error(target, response.StatusCode)
		}
		ends(t, reader, target)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	// Longer than that of the middleware, which would not be in force, nor LeastRate.
	if !strings.Contains(string(readme), "\n\t\tReadTimeout:       60 * time.Second,") || DefaultReadTimeout >= 60*time.Second {
		t.Error("the README's http.Server has no ReadTimeout that is longer than the default of the middleware")
	}
}
