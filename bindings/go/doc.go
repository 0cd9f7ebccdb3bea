// Package countersign decides whether a webhook delivery is authentic.
//
// It verifies HMAC signatures and tokens in constant time over the raw bytes received. It has presets for many senders
// (GitHub, Stripe, Standard Webhooks, …), and gives the same verdicts with the same numbers as countersign in Rust and
// C. It calls the C library; the README says how to install that.
//
// Make a [Verifier] once, with [New], [Preset], [FromScheme] or [FromConnection]. It verifies any number of deliveries,
// from any number of goroutines. [Middleware] puts one in front of an [http.Handler], and calls that only once for each
// message if it has a [ReplayMemory]. A nil error means that a delivery is authentic, and nothing else does. Other
// errors are a [Rejection], with a fixed name and number, a [*ConfigError], or [ErrClosed].
//
// Set ReadTimeout of the [http.Server], be it with a Middleware or with a handler of your own: before an answer that comes without
// reading the body, such as 404 or a refusal, net/http waits for up to 256 KiB of it, and nothing else limits how long.
//
// The signed bytes are the bytes received: read the body before anything parses it, and pass exactly that.
package countersign
