//go:build cgo

package countersign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// published is the request that GitHub's documentation publishes.
func published() *http.Request {
	request := httptest.NewRequest("POST", "/", strings.NewReader(publishedBody))
	request.Header.Set("X-Hub-Signature-256", publishedSignature)
	return request
}

// once wraps next in a middleware with a memory.
func once(t testing.TB, memory *ReplayMemory, next http.HandlerFunc) http.Handler {
	t.Helper()
	handler, err := Middleware{Verifier: github(t), Replay: memory, ReplayWindow: time.Hour}.Handler(next)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// answer returns the answer of a handler to the published request.
func answer(handler http.Handler) (int, string) {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, published())
	return recorder.Code, recorder.Body.String()
}

func TestTheMiddlewareCallsTheHandlerOnceForAMessage(t *testing.T) {
	for name, write := range map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"a body":  func(response http.ResponseWriter, _ *http.Request) { fmt.Fprint(response, "done") },
		"201":     func(response http.ResponseWriter, _ *http.Request) { response.WriteHeader(201) },
		"204, after 103": func(response http.ResponseWriter, _ *http.Request) {
			response.WriteHeader(103)
			response.WriteHeader(204)
		},
		"a flush": func(response http.ResponseWriter, _ *http.Request) { response.(http.Flusher).Flush() },
		"a flush, then 500": func(response http.ResponseWriter, _ *http.Request) {
			response.(http.Flusher).Flush()
			response.WriteHeader(500)
		},
		"grpc-status 0": func(response http.ResponseWriter, _ *http.Request) { response.Header().Set("Grpc-Status", "0") },
	} {
		memory := remembering(t, 10)
		calls := 0
		var heard []error
		handler, err := Middleware{
			Verifier: github(t), Replay: memory, ReplayWindow: time.Hour,
			OnReject: func(_ *http.Request, err error) { heard = append(heard, err) },
		}.Handler(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			calls++
			body, err := io.ReadAll(request.Body)
			if _, ok := FromContext(request.Context()); !ok || err != nil || string(body) != publishedBody {
				t.Error(ok, err, string(body))
			}
			write(response, request)
		}))
		if err != nil {
			t.Fatal(err)
		}
		// The recorder mistakes 103 for the answer.
		if status, _ := answer(handler); status/100 != 2 && status != 103 {
			t.Errorf("%s: %d", name, status)
		}
		for range 2 {
			if status, body := answer(handler); status != 200 || body != "taken before\n" {
				t.Errorf("%s: %d, %q", name, status, body)
			}
		}
		if calls != 1 || len(heard) != 2 || heard[0] != ErrReplayed || memory.Len() != 1 {
			t.Errorf("%s: %d calls, %v, %d", name, calls, heard, memory.Len())
		}
	}
}

func TestAMessageThatWasNotHandledComesAgain(t *testing.T) {
	for name, write := range map[string]http.HandlerFunc{
		"500":           func(response http.ResponseWriter, _ *http.Request) { response.WriteHeader(500) },
		"404":           http.NotFound,
		"a redirection": func(response http.ResponseWriter, request *http.Request) { http.Redirect(response, request, "/", 302) },
		"101":           func(response http.ResponseWriter, _ *http.Request) { response.WriteHeader(101) },
		"500, then a body": func(response http.ResponseWriter, _ *http.Request) {
			response.WriteHeader(500)
			fmt.Fprint(response, "no")
		},
		"a header grpc-status": func(response http.ResponseWriter, _ *http.Request) { response.Header().Set("Grpc-Status", "13") },
		"a panic":              func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		memory := remembering(t, 10)
		fails, calls := true, 0
		handler := once(t, memory, func(response http.ResponseWriter, request *http.Request) {
			calls++
			if fails {
				write(response, request)
			}
		})
		func() {
			defer func() {
				if found := recover(); (found != nil) != (name == "a panic") {
					t.Errorf("%s: %v", name, found)
				}
			}()
			answer(handler)
		}()
		if memory.Len() != 0 {
			t.Errorf("%s: it is remembered", name)
		}
		fails = false
		if status, _ := answer(handler); status != 200 || calls != 2 || memory.Len() != 1 {
			t.Errorf("%s: %d, %d calls", name, status, calls)
		}
	}
}

// While a handler runs, even after its sender has hung up, no other is called for the same message.
func TestAMessageInProgress(t *testing.T) {
	memory := remembering(t, 10)
	entered, leave := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	handler := once(t, memory, func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		close(entered)
		<-leave
	})
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		gone, hangUp := context.WithCancel(context.Background())
		hangUp()
		handler.ServeHTTP(httptest.NewRecorder(), published().WithContext(gone))
	}()
	<-entered
	if status, body := answer(handler); status != 409 || body != "still being handled\n" {
		t.Error(status, body)
	}
	close(leave)
	group.Wait()
	if status, body := answer(handler); status != 200 || body != "taken before\n" || calls.Load() != 1 {
		t.Error(status, body, calls.Load())
	}
}

func TestOfManyRequestsOneCallsTheHandler(t *testing.T) {
	var calls atomic.Int32
	handler := once(t, remembering(t, 10), func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	server := httptest.NewServer(handler)
	defer server.Close()
	var group sync.WaitGroup
	for range 16 {
		group.Add(1)
		go func() {
			defer group.Done()
			request, err := http.NewRequest("POST", server.URL, strings.NewReader(publishedBody))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("X-Hub-Signature-256", publishedSignature)
			response, err := server.Client().Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if response.StatusCode != 200 && response.StatusCode != 409 {
				t.Error(response.StatusCode)
			}
		}()
	}
	group.Wait()
	if calls.Load() != 1 {
		t.Error(calls.Load())
	}
}

// Forgeries and other messages do not affect the memory.
func TestOnlyAuthenticMessagesAreRemembered(t *testing.T) {
	memory := remembering(t, 10)
	handler := once(t, memory, func(http.ResponseWriter, *http.Request) {})
	request := published()
	request.Header.Set("X-Hub-Signature-256", "sha256=00")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Code != 401 || memory.Len() != 0 {
		t.Error(recorder.Code, memory.Len())
	}
	// A new verifier of the same sender gets the same memory.
	answer(handler)
	if status, body := answer(once(t, memory, func(http.ResponseWriter, *http.Request) { t.Error("it is called") })); status != 200 || body != "taken before\n" {
		t.Error(status, body)
	}
	_ = memory.Close()
	if status, body := answer(handler); status != 503 || body != "unavailable\n" {
		t.Error(status, body)
	}
}

func TestAMiddlewareThatCannotRememberIsNotMade(t *testing.T) {
	memory, closed := remembering(t, 10), remembering(t, 10)
	_ = closed.Close()
	token, err := New(Config{Token: true, Secrets: []Secret{NewSecret("a token")}})
	if err != nil {
		t.Fatal(err)
	}
	stripe, err := Preset("stripe", NewSecret("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	for index, test := range []struct {
		middleware Middleware
		fault      error
	}{
		{Middleware{Verifier: github(t), ReplayWindow: time.Hour}, ErrInvalidConfig},
		{Middleware{Verifier: github(t), Replay: memory}, ErrInvalidConfig},
		{Middleware{Verifier: github(t), Replay: memory, ReplayWindow: -1}, ErrInvalidArgument},
		{Middleware{Verifier: token, Replay: memory, ReplayWindow: time.Hour}, ErrUnsupported},
		{Middleware{Verifier: github(t), Replay: closed, ReplayWindow: time.Hour}, ErrClosed},
		{Middleware{Verifier: github(t), Replay: new(ReplayMemory), ReplayWindow: time.Hour}, ErrClosed},
		{Middleware{Verifier: stripe, Replay: memory}, nil},
	} {
		handler, err := test.middleware.Handler(shop)
		if (handler == nil) == (test.fault == nil) || !errors.Is(err, test.fault) {
			t.Errorf("%d: %v, %v", index, handler, err)
		}
	}
}

// With a memory, a handler can do everything with the response that it can do without.
func TestTheAnswerCanBeControlled(t *testing.T) {
	server := httptest.NewServer(once(t, remembering(t, 10), func(response http.ResponseWriter, _ *http.Request) {
		controller := http.NewResponseController(response)
		if err := errors.Join(controller.SetWriteDeadline(time.Now().Add(time.Minute)), controller.Flush()); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	request, err := http.NewRequest("POST", server.URL, strings.NewReader(publishedBody))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Hub-Signature-256", publishedSignature)
	response, err := server.Client().Do(request)
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
}
