/* countersign decides whether a webhook delivery is authentic. This is its C interface.

   0 (COUNTERSIGN_STATUS_AUTHENTIC) is the only status that means "authentic"; write
       if (countersign_verify(...) == COUNTERSIGN_STATUS_AUTHENTIC)
   and treat every other number as a rejection.

   - Each pointer comes with a length in bytes, or with a count. No text needs a NUL at its end. A pointer whose length
     is 0 may be NULL; otherwise NULL, a misaligned pointer and a length that no object can have give
     COUNTERSIGN_STATUS_INVALID_ARGUMENT, and nothing is read.
   - What the caller hands over stays the caller's, is read during the call only, and is copied where it must last.
   - What the library makes (verifiers, streams, signers, header lines, replay memories, answers to handshakes) is freed
     once with its own function, and with nothing else. Handles are opaque, except for answers to handshakes; what is said
     below of a handle that is "alive" is that it was made and not freed.
   - There is no global state to set up. Verifiers, signers, header lines, replay memories and answers to handshakes may
     be used from many threads at the same time; a stream by one thread at a time.
   - Times are milliseconds since 1970 (UTC). All text is UTF-8.

   Made by cbindgen of crates/countersign-ffi/src; do not edit. */

#ifndef COUNTERSIGN_H
#define COUNTERSIGN_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header; countersign_version() tells that of the library. */
#define COUNTERSIGN_VERSION "0.1.0"
#define COUNTERSIGN_VERSION_MAJOR 0
#define COUNTERSIGN_VERSION_MINOR 1
#define COUNTERSIGN_VERSION_PATCH 0
/* major * 65536 + minor * 256 + patch */
#define COUNTERSIGN_VERSION_NUMBER 256

/* What functions return that verify nothing. The same number as COUNTERSIGN_STATUS_AUTHENTIC. */
#define COUNTERSIGN_OK 0

/*
 The number of the binary interface that this header describes. It increases when a program built with an older
 header would no longer work; new functions and new status numbers do not change it.
 */
#define COUNTERSIGN_ABI_NUMBER 1

/*
 The longest id of a delivery, in bytes.
 */
#define COUNTERSIGN_MAX_DELIVERY_ID 1024

/*
 The `secret_index` of a verdict if no secret matched.
 */
#define COUNTERSIGN_NO_SECRET 4294967295

/*
 The result of a call. The numbers and names are the same in every language and never change.

 0 is the only number that means that a delivery is authentic (or, for a function that verifies nothing, that it
 succeeded). 1 to 15 are verdicts: the delivery is rejected. 64 to 69 are faults of the caller or of the
 configuration. 127 is a fault of this library. Later versions may add numbers: treat every number but 0 as a
 rejection. All rejections must look the same to the sender; the reason is for logs and metrics.
 */
enum countersign_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The delivery is authentic; or the function succeeded.
     */
    COUNTERSIGN_STATUS_AUTHENTIC = 0,
    /*
     The signature header is absent.
     */
    COUNTERSIGN_STATUS_MISSING_SIGNATURE = 1,
    /*
     A header that may appear only once appears more than once.
     */
    COUNTERSIGN_STATUS_REPEATED_SIGNATURE = 2,
    /*
     The signature header is empty, longer than 4,096 bytes, or does not fit the format.
     */
    COUNTERSIGN_STATUS_MALFORMED_SIGNATURE = 3,
    /*
     A label names no known algorithm.
     */
    COUNTERSIGN_STATUS_UNKNOWN_ALGORITHM = 4,
    /*
     A known algorithm that contradicts the configured one, another source, or what is accepted.
     */
    COUNTERSIGN_STATUS_ALGORITHM_NOT_ACCEPTED = 5,
    /*
     Not the configured encoding: odd hex, wrong alphabet, a space inside, partial padding, non-zero trailing bits.
     */
    COUNTERSIGN_STATUS_MALFORMED_ENCODING = 6,
    /*
     The decoded length is not the algorithm's, or none of the six when inferring.
     */
    COUNTERSIGN_STATUS_WRONG_LENGTH = 7,
    /*
     Everything is well-formed, but the signature (or token) is not the right one.
     */
    COUNTERSIGN_STATUS_MISMATCH = 8,
    /*
     The scheme signs a timestamp and there is none.
     */
    COUNTERSIGN_STATUS_MISSING_TIMESTAMP = 9,
    /*
     The timestamp is not a plain number or date of the configured unit.
     */
    COUNTERSIGN_STATUS_MALFORMED_TIMESTAMP = 10,
    /*
     Authentic, but older than the tolerance.
     */
    COUNTERSIGN_STATUS_EXPIRED = 11,
    /*
     Authentic, but further in the future than the tolerance.
     */
    COUNTERSIGN_STATUS_FROM_FUTURE = 12,
    /*
     A part of the signed text (an id, a header, the method, the URL) is missing, or could end elsewhere.
     */
    COUNTERSIGN_STATUS_MISSING_PART = 13,
    /*
     Authentic, but accepted before. Only `countersign_replay_memory_take` returns this.
     */
    COUNTERSIGN_STATUS_REPLAYED = 14,
    /*
     The body is larger than a limit. For services that limit bodies; in this library, only a form with too many
     parameters (`twilio`, `mandrill`) gives it.
     */
    COUNTERSIGN_STATUS_BODY_TOO_LARGE = 15,
    /*
     An argument cannot be used: NULL, misaligned, longer than any object can be, text that is not UTF-8, a number
     that names nothing, or a call in the wrong order.
     */
    COUNTERSIGN_STATUS_INVALID_ARGUMENT = 64,
    /*
     A secret is required and there is none, or it has no bytes, only zero bytes, only white space (spaces, tabs, line
     breaks) or only `*`.
     */
    COUNTERSIGN_STATUS_EMPTY_SECRET = 65,
    /*
     A secret is not in the required form.
     */
    COUNTERSIGN_STATUS_MALFORMED_SECRET = 66,
    /*
     A field of the configuration is missing, unknown, of the wrong type or out of range.
     */
    COUNTERSIGN_STATUS_INVALID_CONFIG = 67,
    /*
     No preset has this name.
     */
    COUNTERSIGN_STATUS_UNKNOWN_PRESET = 68,
    /*
     Something valid that is not supported.
     */
    COUNTERSIGN_STATUS_UNSUPPORTED = 69,
    /*
     A fault of this library. Nothing is authentic. Please report it.
     */
    COUNTERSIGN_STATUS_INTERNAL = 127,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum countersign_status countersign_status;
#else
typedef uint32_t countersign_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A hash function used as HMAC (RFC 2104). Functions take it as a plain number, so any number may be passed and is
 checked.
 */
enum countersign_algorithm
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     None: a token, or no authentication. No verifier can be made with it.
     */
    COUNTERSIGN_ALGORITHM_NONE = 0,
    /*
     HMAC-MD5, 16-byte tag. For senders that offer nothing better.
     */
    COUNTERSIGN_ALGORITHM_MD5 = 1,
    /*
     HMAC-SHA-1, 20-byte tag. For senders that offer nothing better.
     */
    COUNTERSIGN_ALGORITHM_SHA_1 = 2,
    /*
     HMAC-SHA-224, 28-byte tag.
     */
    COUNTERSIGN_ALGORITHM_SHA_224 = 3,
    /*
     HMAC-SHA-256, 32-byte tag. What most senders use.
     */
    COUNTERSIGN_ALGORITHM_SHA_256 = 4,
    /*
     HMAC-SHA-384, 48-byte tag.
     */
    COUNTERSIGN_ALGORITHM_SHA_384 = 5,
    /*
     HMAC-SHA-512, 64-byte tag.
     */
    COUNTERSIGN_ALGORITHM_SHA_512 = 6,
    /*
     For a verifier only: one of the six. The label before the signature, the header `X-Fivetran-Hmac-Algorithm` and
     the length of the signature must agree on it.
     */
    COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum countersign_algorithm countersign_algorithm;
#else
typedef uint32_t countersign_algorithm;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How a signature is written as text. Functions take it as a plain number, so any number may be passed and is checked.
 It is never guessed.
 */
enum countersign_encoding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The standard alphabet (RFC 4648 section 4); padding complete or absent.
     */
    COUNTERSIGN_ENCODING_BASE64 = 1,
    /*
     Two digits per byte (RFC 4648 section 8), either case.
     */
    COUNTERSIGN_ENCODING_HEXA_DECIMAL = 2,
    /*
     The alphabet with `-` and `_` (RFC 4648 section 5); padding complete or absent.
     */
    COUNTERSIGN_ENCODING_BASE64_URL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum countersign_encoding countersign_encoding;
#else
typedef uint32_t countersign_encoding;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Which bounds of a `countersign_secret` apply; combine them with `|`.
 */
enum countersign_bound
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The secret may be used at any time.
     */
    COUNTERSIGN_BOUND_NONE = 0,
    /*
     It may not be used before `not_before_ms`.
     */
    COUNTERSIGN_BOUND_NOT_BEFORE = 1,
    /*
     It may not be used after `not_after_ms`.
     */
    COUNTERSIGN_BOUND_NOT_AFTER = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum countersign_bound countersign_bound;
#else
typedef uint32_t countersign_bound;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Header lines made by `countersign_sign`. They never change; any number of threads may read them at the same time.
 */
typedef struct countersign_headers countersign_headers;

/*
 Remembers the accepted messages of one sender, in this process. Any number of threads may use it at the same time.
 Two senders may use the same ids, so make one memory for each. It is independent of the verifier: when secrets
 change, keep the memory. Other processes do not share it, and it is empty after a restart.

 It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
 first, and `countersign_replay_memory_evicted` counts those.
 */
typedef struct countersign_replay_memory countersign_replay_memory;

/*
 Makes the header lines that a verifier of the same scheme accepts. It never changes; any number of threads may use
 it at the same time. For senders, tests and tools: never verify by signing and comparing texts.
 */
typedef struct countersign_signer countersign_signer;

/*
 A verification in progress. It keeps what it needs from the verifier, and an unfinished block of the body: about 2.4
 KiB in total. Only one thread at a time may use it.
 */
typedef struct countersign_stream countersign_stream;

/*
 Verifies deliveries. Make it once, with a `countersign_verifier_` function. It never changes; any number of threads
 may use it at the same time. It keeps no secrets, only keys made from them, which are wiped when it is freed.
 */
typedef struct countersign_verifier countersign_verifier;

/*
 A secret as the operator typed it: nothing is trimmed. It is copied, and the copy is wiped once the key is made.
 Fill it with zeros, then set `data` and `length`: such a secret may be used at any time.
 */
typedef struct countersign_secret {
    /*
     The bytes, which remain the caller's. You may wipe them as soon as the call has returned.
     */
    const void *data;
    /*
     How many bytes. A secret that has no bytes, only zero bytes, only white space (spaces, tabs, line breaks) or only `*` is
     refused: with `malformed_secret` if it is not of the required form, otherwise with `empty_secret`.
     */
    size_t length;
    /*
     From when on the secret may be used, in milliseconds since 1970; must be 0 unless `bounds` has
     `COUNTERSIGN_BOUND_NOT_BEFORE`.
     */
    int64_t not_before_ms;
    /*
     Until when it may be used, in milliseconds since 1970, inclusive; must be 0 unless `bounds` has
     `COUNTERSIGN_BOUND_NOT_AFTER`.
     */
    int64_t not_after_ms;
    /*
     Which of the two bounds apply: 0, or values of `countersign_bound`.
     */
    uint32_t bounds;
} countersign_secret;

/*
 The caller's buffer for a text that the library writes, such as why a configuration is refused.

 Before the call, set `data` to room for `capacity` bytes (NULL if `capacity` is 0). The library writes UTF-8
 followed by a NUL, never more than `capacity` bytes in total, and sets `length`. If the text does not fit, it is cut
 off at the end of a character, but `length` is that of the whole text. So it was cut off exactly if `length >=
 capacity`, and `length + 1` bytes are enough for the next try. 1024 bytes hold nearly every text. Texts name fields,
 lines and what is allowed, and never show a secret.
 */
typedef struct countersign_text {
    /*
     Where to write. It remains the caller's.
     */
    char *data;
    /*
     How many bytes may be written there, including the NUL.
     */
    size_t capacity;
    /*
     Set by the library: the length of the whole text in bytes, without the NUL. 0 if there is no text.
     */
    size_t length;
} countersign_text;

/*
 How far the time of sending may be from now, in seconds. A delivery exactly at the limit is accepted.
 */
typedef struct countersign_tolerance {
    /*
     The greatest age that is accepted.
     */
    uint32_t past;
    /*
     How far the sender's clock may be ahead.
     */
    uint32_t future;
} countersign_tolerance;

/*
 The result of a verification. The library always writes all of it, and never reads it.
 */
typedef struct countersign_verdict {
    /*
     The same that the function returns: 0 if the delivery is authentic.
     */
    countersign_status status;
    /*
     The algorithm of the HMAC that made it authentic; otherwise `COUNTERSIGN_ALGORITHM_NONE`.
     */
    countersign_algorithm algorithm;
    /*
     The index of the secret that matched, counted from 0 in the order in which they were passed, the first if
     several did; `COUNTERSIGN_NO_SECRET` if rejected, or if the verifier checks nothing.
     */
    uint32_t secret_index;
    /*
     1 if the MAC covers the whole body: its bytes, or a hash of them, or all of its fields. 0 if the sender signs some
     fields of the body or nothing of it, so that whoever holds one signed delivery can write the rest; for a token; if
     rejected; and if the verifier checks nothing.
     */
    uint32_t covers_body;
} countersign_verdict;

/*
 One header line: its name, and its value as received, which need not be text. Neither needs a NUL at its end.
 */
typedef struct countersign_header {
    /*
     The name. Names are compared without case.
     */
    const char *name;
    /*
     The length of the name in bytes.
     */
    size_t name_length;
    /*
     The value.
     */
    const void *value;
    /*
     The length of the value in bytes.
     */
    size_t value_length;
} countersign_header;

/*
 One HTTP request from a sender. Fill it with zeros, then set what is known: a pointer whose length is 0 may be NULL.
 Everything remains the caller's and is only read, during the call.
 */
typedef struct countersign_delivery {
    /*
     The request method, such as `POST`. Read by schemes that sign it and by `countersign_handshake_new`; one that is
     not UTF-8 matches no signature and no handshake.
     */
    const char *method;
    /*
     The length of the method in bytes; 0 if it is not known.
     */
    size_t method_length;
    /*
     The URL that the sender called, with scheme and host. Read by schemes that sign it; `countersign_delivery_id` and
     `countersign_handshake_new` read its query. One that is not UTF-8 matches no signature and has no query.
     */
    const char *url;
    /*
     The length of the URL in bytes; 0 if it is not known.
     */
    size_t url_length;
    /*
     The header lines, in order of arrival. A line that the verifier does not need is checked only if the delivery is
     rejected. If such a line cannot be used (NULL with a length), the status is then 64.
     */
    const struct countersign_header *headers;
    /*
     How many header lines.
     */
    size_t header_count;
    /*
     The raw body: not parsed, not decoded, not printed again.
     */
    const void *body;
    /*
     The length of the body in bytes.
     */
    size_t body_length;
} countersign_delivery;

/*
 The identity of a message: it differs from that of every other message of the same verifier. It can be compared,
 stored and looked up.
 */
typedef struct countersign_identity {
    /*
     The bytes; all zero if there is no identity.
     */
    uint8_t bytes[32];
} countersign_identity;

/*
 The answer to a handshake, made by `countersign_handshake_new`: the response to send. It and all that it points to
 belong to the library, never change, and are valid until it is freed; any number of threads may read them. Each text is
 followed by a NUL that is not part of its length.
 */
typedef struct countersign_handshake {
    /*
     For the library.
     */
    uint64_t reserved;
    /*
     The HTTP status of the response, 200 to 299.
     */
    uint32_t status;
    /*
     How many header lines the response has.
     */
    size_t header_count;
    /*
     The header lines of the response; NULL if there are none.
     */
    const struct countersign_header *headers;
    /*
     The body of the response, which may be empty.
     */
    const char *body;
    /*
     The length of the body in bytes.
     */
    size_t body_length;
    /*
     The secret that the sender has chosen in this handshake, and with which it signs from now on; NULL if it has chosen
     none. Keep it only while someone has opened the endpoint for a new secret, and never over one that is in use: anyone
     can send such a request.
     */
    const char *secret;
    /*
     The length of the secret in bytes.
     */
    size_t secret_length;
} countersign_handshake;

/*
 A signature, and the body to check it against. Everything remains the caller's and is only read, during the call.
 */
typedef struct countersign_signed_body {
    /*
     The verifier that checks it. All items may share one, or each may have its own.
     */
    const struct countersign_verifier *verifier;
    /*
     The value of the signature (or token) header.
     */
    const void *signature;
    /*
     The length of the signature in bytes.
     */
    size_t signature_length;
    /*
     The raw body.
     */
    const void *body;
    /*
     The length of the body in bytes.
     */
    size_t body_length;
} countersign_signed_body;

/*
 A whole delivery, its verifier, and when it arrived. Everything remains the caller's and is only read, during the
 call.
 */
typedef struct countersign_received_delivery {
    /*
     The verifier that checks it. All items may share one, or each may have its own.
     */
    const struct countersign_verifier *verifier;
    /*
     The delivery.
     */
    struct countersign_delivery delivery;
    /*
     When it arrived, in milliseconds since 1970.
     */
    int64_t now_ms;
} countersign_received_delivery;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The fixed name of a status, for logs and metrics: `authentic` for 0, `missing_signature` for 1, and so on;
 `unknown_status` for a number that is no status. The name of 0 is `authentic` whatever function returned it. If that
 function verifies nothing, 0 only means that it succeeded, so print the name only if the status is not 0.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_status_name(uint32_t status);

/*
 One sentence about a status, in English, for a person who reads logs. It contains nothing of the delivery. For 0 it is
 "the delivery is authentic", whatever function returned it; see `countersign_status_name`.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_status_message(uint32_t status);

/*
 The number of the binary interface of the library that is loaded. If it is not `COUNTERSIGN_ABI_NUMBER`, the program
 was built with a header of another version.
 */
uint32_t countersign_abi_number(void);

/*
 The version of the library that is loaded, such as `0.1.0`.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_version(void);

/*
 The version of the library that is loaded as one number, which increases with it: major * 65536 + minor * 256 +
 patch.
 */
uint32_t countersign_version_number(void);

/*
 The configuration name of an algorithm, such as `SHA_256`; `NONE` for 0, `UNKNOWN` for any other number.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_algorithm_name(uint32_t algorithm);

/*
 Makes a verifier for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless
 `countersign_verifier_in_header` names another. `algorithm` is a value of `countersign_algorithm`, including
 `COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER`; `encoding` is a value of `countersign_encoding`. Pass several secrets, at
 most eight, for rotation.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or an empty one, 67 for too
 many.

 Ownership and lifetime:
 `secrets` points to `secret_count` secrets, which are read during the call only. `*verifier` receives a verifier
 that the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL;
 otherwise the reason is written there.
 */
countersign_status countersign_verifier_hmac(uint32_t algorithm,
                                             uint32_t encoding,
                                             const struct countersign_secret *secrets,
                                             size_t secret_count,
                                             struct countersign_verifier **verifier,
                                             struct countersign_text *error);

/*
 Makes a verifier for senders that send the secret itself as a token, in the header `Authorization` unless
 `countersign_verifier_in_header` names another. Such a token says nothing about the body.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no token or an empty one, 66 for a token
 that no header can carry, 67 for too many.

 Ownership and lifetime:
 As for `countersign_verifier_hmac`.
 */
countersign_status countersign_verifier_token(const struct countersign_secret *secrets,
                                              size_t secret_count,
                                              struct countersign_verifier **verifier,
                                              struct countersign_text *error);

/*
 Makes a verifier from a scheme of your own: the JSON that `countersign presets NAME` prints.

 Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if there is no secret or an
 empty one, 66 for a secret that is not written as the scheme says, 67 for an invalid scheme.

 Ownership and lifetime:
 `json` points to `json_length` bytes of UTF-8, and `secrets` to `secret_count` secrets; both are read during the
 call only. `tolerance` may be NULL; otherwise it replaces that of the scheme. `*verifier` receives a verifier that
 the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; otherwise
 the reason is written there.
 */
countersign_status countersign_verifier_scheme(const char *json,
                                               size_t json_length,
                                               const struct countersign_secret *secrets,
                                               size_t secret_count,
                                               const struct countersign_tolerance *tolerance,
                                               struct countersign_verifier **verifier,
                                               struct countersign_text *error);

/*
 Makes a verifier from the preset `name`, such as `github`, or by another of its names, such as `whatsapp` for `meta`.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or an empty one, 66 for a secret
 that is not in the sender's form, 67 for too many or for a tolerance if no timestamp is signed, 68 if no preset has
 this name, 69 for a sender whose signature is not HMAC.

 Ownership and lifetime:
 As for `countersign_verifier_scheme`, with `name` and `name_length` instead of the JSON.
 */
countersign_status countersign_verifier_preset(const char *name,
                                               size_t name_length,
                                               const struct countersign_secret *secrets,
                                               size_t secret_count,
                                               const struct countersign_tolerance *tolerance,
                                               struct countersign_verifier **verifier,
                                               struct countersign_text *error);

/*
 Makes a copy of `verifier` that looks for the signature or token only in the header `name`. `verifier` does not
 change.

 Returns 0; or 64 for an argument that cannot be used, 67 if `name` is not a valid header name.

 Ownership and lifetime:
 `verifier` is alive. `name` points to `name_length` bytes of UTF-8. `*another` receives a verifier that the caller
 frees with `countersign_verifier_free`, or NULL if the status is not 0; `verifier` must be freed too. `error` may be
 NULL; otherwise the reason is written there.
 */
countersign_status countersign_verifier_in_header(const struct countersign_verifier *verifier,
                                                  const char *name,
                                                  size_t name_length,
                                                  struct countersign_verifier **another,
                                                  struct countersign_text *error);

/*
 Writes the name of the header that has the signature or token, whose value `countersign_verify_signature` needs; the
 first, if there can be several. It is empty if the verifier uses none.

 Returns 0, or 64 for an argument that cannot be used. If the room is too small, `length` says how much is needed.

 Ownership and lifetime:
 `verifier` is alive. `name` points to a text that nobody else uses during the call; it remains the caller's.
 */
countersign_status countersign_verifier_header(const struct countersign_verifier *verifier,
                                               struct countersign_text *name);

/*
 Says whether `countersign_stream_begin` can be used with this verifier. A scheme that signs something after the
 body, or only a part of the body, needs the whole body. Call it at startup.

 Returns 0 if it can; 69 if not; 64 for an argument that cannot be used.

 Ownership and lifetime:
 `verifier` is alive. `error` may be NULL; otherwise the reason is written there.
 */
countersign_status countersign_verifier_can_stream(const struct countersign_verifier *verifier,
                                                   struct countersign_text *error);

/*
 Frees a verifier and wipes its keys. Ignores NULL.

 Ownership and lifetime:
 `verifier` is NULL, or came from a `countersign_verifier_` function and was not freed yet. No thread uses it during
 this call or later; freeing it twice is undefined behaviour. Streams that were begun with it remain valid.
 */
void countersign_verifier_free(struct countersign_verifier *verifier);

/*
 Makes a verifier from the JSON of a connection, with the secrets that it contains. The JSON is the whole body of
 `POST /v1/connections`, or its `config` alone.

 Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if a secret is required and
 there is none, 66 for a secret in the wrong form, 67 for an invalid field, 68 for an unknown preset, 69 for a scheme
 that is not supported.

 Ownership and lifetime:
 `json` points to `json_length` bytes of UTF-8, which are read during the call only. `*verifier` receives a verifier
 that the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL;
 otherwise the reason is written there.
 */
countersign_status countersign_verifier_connection(const char *json,
                                                   size_t json_length,
                                                   struct countersign_verifier **verifier,
                                                   struct countersign_text *error);

/*
 As `countersign_verifier_connection`, with `secrets` instead of those in the JSON, for connections whose secrets are
 kept elsewhere. If the connection requires a secret and you pass none, that is 65 and never "no authentication".

 Ownership and lifetime:
 As for `countersign_verifier_connection`, and `secrets` points to `secret_count` secrets, which are read during the
 call only.
 */
countersign_status countersign_verifier_connection_with_secrets(const char *json,
                                                                size_t json_length,
                                                                const struct countersign_secret *secrets,
                                                                size_t secret_count,
                                                                struct countersign_verifier **verifier,
                                                                struct countersign_text *error);

/*
 Makes a signer for deliveries that a connection accepts, with the first secret in its JSON. `algorithm` is a value
 of `countersign_algorithm`; `COUNTERSIGN_ALGORITHM_NONE` leaves the choice to the connection: SHA_256 if it accepts
 several.

 Returns 0; or 64 for an argument that cannot be used, 65 without a secret, 67 for an invalid field or an algorithm
 that the connection does not accept, 69 if it does not use HMAC.

 Ownership and lifetime:
 `json` points to `json_length` bytes of UTF-8, which are read during the call only. `*signer` receives a signer that
 the caller frees with `countersign_signer_free`, or NULL if the status is not 0. `error` may be NULL; otherwise the
 reason is written there.
 */
countersign_status countersign_signer_connection(const char *json,
                                                 size_t json_length,
                                                 uint32_t algorithm,
                                                 struct countersign_signer **signer,
                                                 struct countersign_text *error);

/*
 Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.

 For schemes that sign only the body and values in that one header; other schemes give `missing_part` or
 `missing_timestamp`. Schemes with a tolerance, and secrets with bounds, use the system's clock.

 Returns 0 if and only if the delivery is authentic, otherwise the reason: 1 to 15, or 64 for an argument that cannot
 be used. Allocates nothing, except for presets that rewrite the request (such as `adyen`).

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `signature` and `body` point to
 `signature_length` and `body_length` bytes, which are read during the call only (NULL if the length is 0). `verdict`
 may be NULL; otherwise the verdict is written there.
 */
countersign_status countersign_verify_signature(const struct countersign_verifier *verifier,
                                                const void *signature,
                                                size_t signature_length,
                                                const void *body,
                                                size_t body_length,
                                                struct countersign_verdict *verdict);

/*
 Decides whether a whole delivery is authentic. `now_ms` is when it arrived, in milliseconds since 1970, usually
 `countersign_now_ms()`. It matters for schemes with a tolerance and for secrets with bounds.

 Returns 0 if and only if the delivery is authentic, otherwise the reason: 1 to 15, or 64 for an argument that cannot
 be used. Allocates nothing, except for presets that rewrite the request (such as `adyen`).

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
 read during the call only. `verdict` may be NULL; otherwise the verdict is written there.
 */
countersign_status countersign_verify(const struct countersign_verifier *verifier,
                                      const struct countersign_delivery *delivery,
                                      int64_t now_ms,
                                      struct countersign_verdict *verdict);

/*
 Identifies the message of an authentic delivery, so that a repetition can be recognised. The identity is made from
 the id if that is signed, otherwise from the whole signed text; it does not depend on the secret. Every delivery of
 one message has the same identity, in every process, also after secrets have changed; no two messages of one
 verifier have the same. Call it only for an authentic delivery: a forger can give a delivery any identity.

 `delivery` holds the whole body that was verified. Without it, as after `countersign_stream_begin`, the identity is
 that of a message with an empty body: if the sender signs no id, different messages then have one identity, and a
 memory of identities loses all but the first. `countersign_stream_identity` identifies a body that arrives in pieces.

 An unsigned id is ignored, since anyone who replays a message can change it. Identities reveal nothing usable about
 a secret or signature.

 Returns 0; 69 if the verifier checks a token or nothing, since messages then cannot be distinguished; 13 for a
 delivery in which the signature or a signed part is absent or malformed; 64 for an argument that cannot be used. It
 does not check whether the signature is right: verify first.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
 read during the call only. `identity` points to room for one, whose bytes are all zero if the status is not 0.
 */
countersign_status countersign_identify(const struct countersign_verifier *verifier,
                                        const struct countersign_delivery *delivery,
                                        struct countersign_identity *identity);

/*
 Reports whether the sender signs the URL, so that a delivery needs it: writes 1 or 0 to `*answer`. A server seldom
 knows the whole URL that the sender called. Build it from an origin that you configure and from the path and query
 of the request. Never use the `Host` header: anyone who has a delivery for another service could name that service
 there.

 Refuse a query that you did not give the sender, or pass the URL that you gave it as a constant and do not read the
 query of the request. If the URL touches the body in the signed text (PRESETS.md lists the
 presets for which it does), the end of the query can be moved into the body, and back, and the signature still fits.

 Returns 0, or 64 for an argument that cannot be used; `*answer` is then 1.

 Ownership and lifetime:
 `verifier` is alive. `answer` points to a number that nobody else uses during the call.
 */
countersign_status countersign_verifier_signs_url(const struct countersign_verifier *verifier,
                                                  uint32_t *answer);

/*
 Reports whether the sender signs nothing but the body, or parts of it, apart from literal text and the secret: no
 timestamp, no id in a header, no URL and no method. Writes 1 or 0 to `*answer`. If it is 1, two events with equal bodies
 have one identity, and a memory of identities loses the second: remember the hash of the identity and of the id that
 `countersign_delivery_id` finds in place of the identity alone. Do that for such senders only: for others, whoever has
 recorded a delivery could have it handled again with another id.

 It is 0 for a token, if the verifier checks nothing, and for the formats in which each message lists what it signs
 (`jwt`, `rfc9421` and `draft-cavage`), since it can sign more than the body.

 Returns 0, or 64 for an argument that cannot be used; `*answer` is then 0.

 Ownership and lifetime:
 `verifier` is alive. `answer` points to a number that nobody else uses during the call.
 */
countersign_status countersign_verifier_signs_body_alone(const struct countersign_verifier *verifier,
                                                         uint32_t *answer);

/*
 Writes the id by which a repetition of a delivery is recognised, if the scheme says where its sender puts one (`id_from`)
 and it is there: its UTF-8 without a NUL to `text`, its length in bytes to `*length`, and to `*is_signed` whether the MAC
 covers it, as 1 or 0. `*length` is 0 if there is no id. Whether the delivery is authentic is not looked at: call
 `countersign_verify` first.

 Unlike `countersign_identify`, it also reads ids that are not signed: in headers, in the query of the URL, and in JSON and
 form bodies. Anyone who holds one signed delivery can send its body again with another id that is not signed. No id is
 looked for in a body with a `Content-Encoding`. These are no id: a header, parameter or JSON name that occurs twice, a value
 that is neither text nor a number, and a value that contains control characters or is longer than
 `COUNTERSIGN_MAX_DELIVERY_ID` bytes.

 Returns 0, also if there is no id; 64 for an argument that cannot be used, and for a `capacity` below
 `COUNTERSIGN_MAX_DELIVERY_ID`, because an id that is cut off could be that of another delivery. `*length` and `*is_signed`
 are then 0.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
 read during the call only. `text` points to room for `capacity` bytes; `length` and `is_signed` point to numbers. Nobody
 else uses these three during the call.
 */
countersign_status countersign_delivery_id(const struct countersign_verifier *verifier,
                                           const struct countersign_delivery *delivery,
                                           char *text,
                                           size_t capacity,
                                           size_t *length,
                                           uint32_t *is_signed);

/*
 Makes the answer if `delivery` is the handshake that the scheme of `verifier` describes; `*handshake` is NULL if it is
 not. Call it before `countersign_verify`: most such requests are not signed, and none is an event. If the sender signs
 the request, only an authentic one is answered.

 `delivery` needs its method. It needs its URL, or as much of it as is known, if the sender puts the challenge into the
 query. `now_ms` is as for `countersign_verify`.

 Returns 0, also if the request is no handshake; 64 for an argument that cannot be used. `*handshake` is then NULL.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
 read during the call only. `*handshake` receives an answer that the caller frees with `countersign_handshake_free`, or
 NULL.
 */
countersign_status countersign_handshake_new(const struct countersign_verifier *verifier,
                                             const struct countersign_delivery *delivery,
                                             int64_t now_ms,
                                             struct countersign_handshake **handshake);

/*
 Frees the answer to a handshake, and wipes its header lines, body and secret. Ignores NULL.

 Ownership and lifetime:
 `handshake` is NULL, or came from `countersign_handshake_new` and was not freed yet. No thread uses it, nor anything it
 points to, during this call or later; freeing it twice is undefined behaviour.
 */
void countersign_handshake_free(struct countersign_handshake *handshake);

/*
 Makes a memory for up to `capacity` messages.

 Returns 0; or 64 for an argument that cannot be used, 67 for a capacity of 0.

 Ownership and lifetime:
 `*memory` receives a memory that the caller frees with `countersign_replay_memory_free`, or NULL if the status is not
 0.
 */
countersign_status countersign_replay_memory_new(size_t capacity,
                                                 struct countersign_replay_memory **memory);

/*
 Accepts the message of an authentic delivery, unless it was accepted within the last `window_seconds`. If several of
 one message arrive at once, one is accepted. `identity` comes from `countersign_identify`, `window_seconds` from
 `countersign_verifier_replay_window`; `now_ms` is when the delivery arrived, in milliseconds since 1970.

 `*ticket` is the right to report what became of the message, with `countersign_replay_memory_finish` or
 `countersign_replay_memory_forget`. It is 0 if the message was not accepted, and never 0 otherwise. The window of a
 handled message starts at the last time that it arrived. A message whose outcome nobody reports is accepted again
 `window_seconds` after it was accepted.

 Returns 0 if the message was accepted now; 14 (`replayed`) if it was accepted before, and then `*is_handled` is 1 if
 it was handled, 0 if nobody has reported that yet; 64 for an argument that cannot be used, such as a window of 0
 or an identity of zeros, which `countersign_identify` leaves if it fails.

 Ownership and lifetime:
 `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
 `ticket` points to a number that nobody else uses during the call, and so does `is_handled`, unless it is NULL.
 `*is_handled` is 0 if the status is not 14.
 */
countersign_status countersign_replay_memory_take(struct countersign_replay_memory *memory,
                                                  const struct countersign_identity *identity,
                                                  int64_t now_ms,
                                                  uint64_t window_seconds,
                                                  uint64_t *ticket,
                                                  uint32_t *is_handled);

/*
 Reports that a message was handled: from now on it counts as repeated, and no longer as in progress.

 Returns 0, also if the message is no longer remembered or was accepted again since, with another ticket; then
 nothing changes, and `*is_remembered` is 0, otherwise 1. Returns 64 for an argument that cannot be used.

 Ownership and lifetime:
 `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
 `is_remembered` may be NULL; otherwise it points to a number that nobody else uses during the call, which is 0 if
 the status is not 0.
 */
countersign_status countersign_replay_memory_finish(struct countersign_replay_memory *memory,
                                                    const struct countersign_identity *identity,
                                                    uint64_t ticket,
                                                    uint32_t *is_remembered);

/*
 Forgets a message that could not be handled, so that it is accepted when its sender sends it again. Call it before
 you answer the sender with an error.

 Returns 0, also if the message is no longer remembered or was accepted again since, with another ticket; then
 nothing changes, and `*is_remembered` is 0, otherwise 1. Returns 64 for an argument that cannot be used.

 Ownership and lifetime:
 As for `countersign_replay_memory_finish`.
 */
countersign_status countersign_replay_memory_forget(struct countersign_replay_memory *memory,
                                                    const struct countersign_identity *identity,
                                                    uint64_t ticket,
                                                    uint32_t *is_remembered);

/*
 How many messages are remembered; 0 for NULL.

 Ownership and lifetime:
 `memory` is NULL or alive; any number of threads may use it at the same time.
 */
size_t countersign_replay_memory_len(const struct countersign_replay_memory *memory);

/*
 How many messages were forgotten before the end of their window because the memory was full; 0 for NULL. If this
 grows, replays may be accepted: make the capacity larger.

 Ownership and lifetime:
 `memory` is NULL or alive; any number of threads may use it at the same time.
 */
uint64_t countersign_replay_memory_evicted(const struct countersign_replay_memory *memory);

/*
 Frees a memory and everything it remembers. Ignores NULL.

 Ownership and lifetime:
 `memory` is NULL, or came from `countersign_replay_memory_new` and was not freed yet. No thread uses it during this
 call or later; freeing it twice is undefined behaviour.
 */
void countersign_replay_memory_free(struct countersign_replay_memory *memory);

/*
 Says for how long messages must be remembered so that none is accepted twice, in seconds: `window_seconds`, or the
 sum of the scheme's two tolerances plus one second, whichever is longer. Call it at startup, and pass the answer to
 each `countersign_replay_memory_take`.

 Returns 0; 67 if `window_seconds` is 0 and the scheme has no tolerance, so that its messages never expire; 69 if the
 verifier checks a token or nothing, since messages then cannot be distinguished; 64 for an argument that cannot be
 used.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `needed_seconds` points to a number that
 nobody else uses during the call, which is 0 if the status is not 0.
 */
countersign_status countersign_verifier_replay_window(const struct countersign_verifier *verifier,
                                                      uint64_t window_seconds,
                                                      uint64_t *needed_seconds);

/*
 Begins the verification of a body that arrives in pieces: `delivery` is everything except the body, whose pointer
 and length are ignored. `now_ms` is when it began to arrive, in milliseconds since 1970.

 Do not pass the same delivery without its body to `countersign_identify` afterwards: the identity would be that of a
 message with an empty body, and if the sender signs no id, other messages would count as repetitions. Begin with
 `countersign_stream_begin_identified` to recognise repetitions.

 Returns 0 if the headers are well-formed, which does not yet mean that the delivery is authentic: only
 `countersign_stream_finish` decides that. Otherwise what is wrong with them (1 to 15), 69 if the scheme needs the
 whole body (see `countersign_verifier_can_stream`), or 64.

 Ownership and lifetime:
 `verifier` is alive; it may be freed while the stream is in use. `delivery`, and everything it points to, is read
 during the call only. `*stream` receives a stream that the caller frees with `countersign_stream_free`, whether it
 is finished or not; or NULL if the status is not 0.
 */
countersign_status countersign_stream_begin(const struct countersign_verifier *verifier,
                                            const struct countersign_delivery *delivery,
                                            int64_t now_ms,
                                            struct countersign_stream **stream);

/*
 As `countersign_stream_begin`, for a stream that also identifies the message: `countersign_stream_identity` returns
 what `countersign_identify` would return for the whole delivery. The body is hashed a second time, unless the sender
 signs an id.

 Returns as `countersign_stream_begin`, and 69 also if the verifier checks a token or nothing, since messages then
 cannot be distinguished.

 Ownership and lifetime:
 As for `countersign_stream_begin`.
 */
countersign_status countersign_stream_begin_identified(const struct countersign_verifier *verifier,
                                                       const struct countersign_delivery *delivery,
                                                       int64_t now_ms,
                                                       struct countersign_stream **stream);

/*
 As `countersign_stream_begin`, with only the value of the signature (or token) header. Schemes with a tolerance, and
 secrets with bounds, use the system's clock.

 Ownership and lifetime:
 As for `countersign_stream_begin`; `signature` points to `signature_length` bytes, which are read during the call
 only.
 */
countersign_status countersign_stream_begin_signature(const struct countersign_verifier *verifier,
                                                      const void *signature,
                                                      size_t signature_length,
                                                      struct countersign_stream **stream);

/*
 Hashes the next piece of the body, of any length.

 Returns 0; or 64 for an argument that cannot be used or a finished stream. After 64 the stream has not changed.

 Ownership and lifetime:
 `stream` is alive, and no other thread uses it during the call. `chunk` points to `chunk_length` bytes, which are
 read during the call only.
 */
countersign_status countersign_stream_update(struct countersign_stream *stream,
                                             const void *chunk,
                                             size_t chunk_length);

/*
 Decides, once the body is complete. The stream is then finished and its keys are wiped; only
 `countersign_stream_identity` and `countersign_stream_free` may follow.

 Returns 0 if and only if the delivery is authentic, otherwise the reason; 64 for a stream that is already finished.

 Ownership and lifetime:
 `stream` is alive, and no other thread uses it during the call, which does not free it. `verdict` may be NULL;
 otherwise the verdict is written there.
 */
countersign_status countersign_stream_finish(struct countersign_stream *stream,
                                             struct countersign_verdict *verdict);

/*
 Writes the identity of the message to `*identity`, after `countersign_stream_finish` has returned 0 for a stream of
 `countersign_stream_begin_identified`: the same that `countersign_identify` makes of the whole delivery.

 Returns 0; 64 for an argument that cannot be used, a stream that is not finished, one whose delivery is not authentic,
 and one that was begun with another function.

 Ownership and lifetime:
 `stream` is alive, and no other thread uses it during the call. `identity` points to room for one, whose bytes are all
 zero if the status is not 0.
 */
countersign_status countersign_stream_identity(const struct countersign_stream *stream,
                                               struct countersign_identity *identity);

/*
 Frees a stream, finished or abandoned, and wipes it. Ignores NULL.

 Ownership and lifetime:
 `stream` is NULL, or came from a `countersign_stream_begin` function and was not freed yet. No thread uses it during
 this call or later; freeing it twice is undefined behaviour.
 */
void countersign_stream_free(struct countersign_stream *stream);

/*
 Decides for each of `count` signatures whether it belongs to its body. `verdicts[i]` is the verdict that
 `countersign_verify_signature` would give for `items[i]`. An item that cannot be used gets 64 in its verdict; the
 others are still verified.

 Returns 0 if and only if all are authentic (or `count` is 0); otherwise the status of the first that is not. Returns
 64 if the arrays cannot be used; the verdicts, if there is room for them, are then all 127.

 Ownership and lifetime:
 `items` points to `count` items, which are read during the call only. Each `verifier` is alive; other threads may
 use it at the same time. `verdicts` points to room for `count` verdicts, all of which are written, and does not
 overlap anything that is read.
 */
countersign_status countersign_verify_batch(const struct countersign_signed_body *items,
                                            size_t count,
                                            struct countersign_verdict *verdicts);

/*
 Decides for each of `count` whole deliveries whether it is authentic. `verdicts[i]` is the verdict that
 `countersign_verify` would give for `items[i]`. An item that cannot be used gets 64 in its verdict; the others are
 still verified.

 Returns 0 if and only if all are authentic (or `count` is 0); otherwise the status of the first that is not. Returns
 64 if the arrays cannot be used; the verdicts, if there is room for them, are then all 127.

 Ownership and lifetime:
 As for `countersign_verify_batch`.
 */
countersign_status countersign_verify_delivery_batch(const struct countersign_received_delivery *items,
                                                     size_t count,
                                                     struct countersign_verdict *verdicts);

/*
 Makes a signer for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless `countersign_signer_in_header`
 names another. `algorithm` is a value of `countersign_algorithm` from MD5 to SHA_512, `encoding` one of
 `countersign_encoding`.

 Returns 0; or 64 for an argument that cannot be used, 65 for an empty secret.

 Ownership and lifetime:
 `secret` points to `secret_length` bytes, which are copied; the copy is wiped once the key is made. `*signer`
 receives a signer that the caller frees with `countersign_signer_free`, or NULL if the status is not 0. `error` may
 be NULL; otherwise the reason is written there.
 */
countersign_status countersign_signer_hmac(uint32_t algorithm,
                                           uint32_t encoding,
                                           const void *secret,
                                           size_t secret_length,
                                           struct countersign_signer **signer,
                                           struct countersign_text *error);

/*
 Makes a signer from a scheme of your own: the JSON that `countersign presets NAME` prints. `algorithm` is a value of
 `countersign_algorithm`; `COUNTERSIGN_ALGORITHM_NONE` leaves the choice to the scheme.

 Returns 0; or 64 for an argument that cannot be used, 65 for an empty secret, 66 for one that is not written
 as the scheme says, 67 for an invalid scheme or an algorithm that it does not accept, 69 for a scheme that does not
 sign.

 Ownership and lifetime:
 `json` points to `json_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
 */
countersign_status countersign_signer_scheme(const char *json,
                                             size_t json_length,
                                             const void *secret,
                                             size_t secret_length,
                                             uint32_t algorithm,
                                             struct countersign_signer **signer,
                                             struct countersign_text *error);

/*
 Makes a signer from the preset `name`, such as `github`. `algorithm` is as for `countersign_signer_scheme`.

 Returns what `countersign_signer_scheme` returns, and 68 if no preset has this name.

 Ownership and lifetime:
 `name` points to `name_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
 */
countersign_status countersign_signer_preset(const char *name,
                                             size_t name_length,
                                             const void *secret,
                                             size_t secret_length,
                                             uint32_t algorithm,
                                             struct countersign_signer **signer,
                                             struct countersign_text *error);

/*
 Makes a copy of `signer` that writes the signature to the header `name`. `signer` does not change.

 Returns 0; or 64 for an argument that cannot be used, 67 if `name` is not a valid header name.

 Ownership and lifetime:
 `signer` is alive. `name` points to `name_length` bytes of UTF-8. `*another` receives a signer that the caller frees
 with `countersign_signer_free`, or NULL if the status is not 0; `signer` must be freed too. `error` may be NULL;
 otherwise the reason is written there.
 */
countersign_status countersign_signer_in_header(const struct countersign_signer *signer,
                                                const char *name,
                                                size_t name_length,
                                                struct countersign_signer **another,
                                                struct countersign_text *error);

/*
 Makes the header lines that go with a message: the signature's, and those of the id and the time of sending if the
 scheme has them. `message` has method, URL, the header lines that are sent anyway, and the body; `id` is the
 message's id, the same each time that the message is sent again, or empty; `now_ms` is the time of sending, in
 milliseconds since 1970, usually `countersign_now_ms()`.

 The URL is signed as it is given. A receiver builds it from the origin by which it knows itself and from the request line:
 with `/` for an empty path, without user and fragment, which a client does not send there.

 Returns 0; or 64 for an argument that cannot be used, 67 if the message lacks something that the scheme signs.

 Ownership and lifetime:
 `signer` is alive. `message` and everything it points to, and `id` with its `id_length` bytes of UTF-8, are read
 during the call only. `*headers` receives header lines that the caller frees with `countersign_headers_free`, or
 NULL if the status is not 0. `error` may be NULL; otherwise the reason is written there.
 */
countersign_status countersign_sign(const struct countersign_signer *signer,
                                    const struct countersign_delivery *message,
                                    const char *id,
                                    size_t id_length,
                                    int64_t now_ms,
                                    struct countersign_headers **headers,
                                    struct countersign_text *error);

/*
 How many header lines there are; 0 for NULL.

 Ownership and lifetime:
 `headers` is NULL or alive.
 */
size_t countersign_headers_count(const struct countersign_headers *headers);

/*
 Returns the header line at `index`, counted from 0. Name and value are each followed by a NUL, so that they can be
 printed; it is not part of their length.

 Returns 0; or 64 for an argument that cannot be used, or if there is no such line; `*header` is then all zeros, if
 `header` is valid.

 Ownership and lifetime:
 `headers` is alive. `*header` receives pointers into `headers`, which are valid until it is freed.
 */
countersign_status countersign_headers_get(const struct countersign_headers *headers,
                                           size_t index,
                                           struct countersign_header *header);

/*
 Frees header lines. Ignores NULL.

 Ownership and lifetime:
 `headers` is NULL, or came from `countersign_sign` and was not freed yet. No thread uses it, nor the pointers from
 `countersign_headers_get`, during this call or later; freeing it twice is undefined behaviour.
 */
void countersign_headers_free(struct countersign_headers *headers);

/*
 Frees a signer and wipes its key. Ignores NULL.

 Ownership and lifetime:
 `signer` is NULL, or came from a `countersign_signer_` function and was not freed yet. No thread uses it during this
 call or later; freeing it twice is undefined behaviour.
 */
void countersign_signer_free(struct countersign_signer *signer);

/*
 The time of this system's clock, in milliseconds since 1970. Pass it as `now_ms` for a delivery that has just
 arrived.
 */
int64_t countersign_now_ms(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COUNTERSIGN_H */
