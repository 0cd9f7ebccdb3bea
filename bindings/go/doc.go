// Package countersign decides whether a webhook delivery is authentic.
//
// It checks HMAC signatures and tokens in constant time over the raw bytes as they came, knows by name how many senders
// sign (GitHub, Stripe, Standard Webhooks, …), and gives the same verdicts with the same numbers as countersign does in
// Rust and C, by whose library it is done. See the README for how to install that.
//
// A [Verifier] is made once, by [New], [Preset], [FromScheme] or [FromConnection], and then checks any number of
// deliveries, from any number of goroutines. [Middleware] puts one in front of an [http.Handler], and calls that once for each
// message if it has a [ReplayMemory]. A nil error means that a delivery is authentic, and nothing else does. Other errors
// are a [Rejection], with a fixed name and number, a [*ConfigError], or [ErrClosed].
//
// The signed bytes are the bytes received: read the body before anything parses it, and hand over just that.
package countersign
