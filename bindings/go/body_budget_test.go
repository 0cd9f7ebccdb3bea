//go:build cgo

package countersign

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// While bodies fill the budget, others are refused; a claimed length takes nothing of it, and what is over is given back.
func TestBodiesTakeNoMoreThanTheBudget(t *testing.T) {
	reasons := make(chan error, 100)
	middleware := Middleware{Verifier: github(t), MaxBody: 1 << 20, BodyBudget: 1<<20 + 10*firstRead, OnReject: func(_ *http.Request, err error) { reasons <- err }}
	server := httptest.NewServer(behind(t, middleware))
	defer server.Close()
	open := func(head, body string) (net.Conn, *bufio.Reader) {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprint(connection, slowHead+head+"\r\n\r\n"+body)
		return connection, bufio.NewReader(connection)
	}
	post := func() *http.Response {
		connection, reader := open("Content-Length: 13", publishedBody)
		defer connection.Close()
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	until := func(status int) *http.Response {
		for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			response := post()
			if response.StatusCode == status {
				return response
			}
			if time.Since(start) > 10*time.Second {
				t.Fatalf("%d instead of %d", response.StatusCode, status)
			}
		}
	}
	// These claim 10 MiB together, and send nothing. They have ten first rooms.
	for range 10 {
		connection, _ := open("Content-Length: 1048576", "")
		defer connection.Close()
	}
	until(200)
	// This one sends all but a byte: of the room for it, nothing is left for others.
	large, _ := open("Content-Length: 1048576", strings.Repeat("x", 1<<20-1))
	response := until(503)
	if text, _ := io.ReadAll(response.Body); string(text) != "try again later\n" || response.Header.Get("Retry-After") != "1" {
		t.Error(string(text), response.Header)
	}
	busy := false
	for len(reasons) > 0 {
		busy = busy || errors.Is(<-reasons, ErrBusy)
	}
	if !busy {
		t.Error("OnReject did not get ErrBusy")
	}
	_ = large.Close()
	until(200)
}

// A body that is as large as limit and budget fits, whether it claims its length or not, and counts until its handler has
// returned.
func TestABodyOfTheWholeBudgetFits(t *testing.T) {
	verifier, body := github(t), strings.Repeat("x", 300_000)
	signer, err := NewSigner(Config{Preset: "github", Secrets: []Secret{NewSecret("It's a Secret to Everybody")}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := signer.Sign(Delivery{Body: []byte(body)}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	request := func(body io.Reader) *http.Request {
		request := httptest.NewRequest("POST", "/", body)
		request.Header.Set(headers[0].Name, headers[0].Value)
		return request
	}
	var handler http.Handler
	inside := 0
	handler, err = Middleware{Verifier: verifier, MaxBody: 300_000, BodyBudget: 300_000}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request(strings.NewReader("x")))
		inside = recorder.Code
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []io.Reader{strings.NewReader(body), chunked(body), strings.NewReader(body)} {
		recorder := httptest.NewRecorder()
		inside = 0
		handler.ServeHTTP(recorder, request(read))
		if recorder.Code != 200 || inside != 503 {
			t.Error(recorder.Code, inside)
		}
	}
	for _, more := range []io.Reader{strings.NewReader(body + "x"), chunked(body + "x")} {
		recorder := httptest.NewRecorder()
		if handler.ServeHTTP(recorder, request(more)); recorder.Code != 413 {
			t.Error(recorder.Code)
		}
	}
}

func TestABudgetBelowTheLimitIsRefused(t *testing.T) {
	for _, middleware := range []Middleware{{BodyBudget: DefaultMaxBody - 1}, {BodyBudget: 999, MaxBody: 1000}} {
		middleware.Verifier = github(t)
		if _, err := middleware.Handler(shop); !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "BodyBudget") {
			t.Error(err)
		}
	}
}

// The buffer of a body is never larger than the claimed length, or the limit, and the byte in which the end is seen.
func TestTheBufferOfABodyHasItsLength(t *testing.T) {
	for _, length := range []int64{0, 1, 13, 4095, 4096, 64 << 10, 64<<10 + 1, 100_000, 1 << 20, 25_000_000} {
		for _, limit := range []int64{length, length + 1, 25 << 20, 1<<63 - 1} {
			content := bytes.Repeat([]byte("x"), int(length))
			for _, claimed := range []int64{length, -1, length / 2} {
				body, err := readAll(bytes.NewReader(content), claimed, limit, nil)
				if err != nil || !bytes.Equal(body, content) {
					t.Fatal(length, limit, claimed, err)
				}
				most := limit
				if claimed == length && length > 0 {
					most = length
				}
				if int64(cap(body))-1 > most {
					t.Errorf("%d bytes for %d of %d, at most %d", cap(body), length, claimed, limit)
				}
			}
		}
	}
}

// What a body takes while it is read is twice its length at most, all garbage included.
func TestABodyTakesLittleMoreThanItsLength(t *testing.T) {
	const length = 25_000_000
	content := bytes.Repeat([]byte("x"), length)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readAll(bytes.NewReader(content), length, 25<<20, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 5*length/2 {
		t.Errorf("%d bytes for a body of %d", taken, length)
	}
}
