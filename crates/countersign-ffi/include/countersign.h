/* countersign decides whether a webhook delivery is authentic. This is its C interface.

   0 (COUNTERSIGN_STATUS_AUTHENTIC) is the only status that means "authentic"; write
       if (countersign_verify(...) == COUNTERSIGN_STATUS_AUTHENTIC)
   and treat every other number as a rejection.

   - Each pointer comes with a length in bytes, or with a count. No text needs a NUL at its end. A pointer whose length
     is 0 may be NULL; otherwise NULL, a misaligned pointer and a length that no object can have give
     COUNTERSIGN_STATUS_INVALID_ARGUMENT, and nothing is read.
   - What the caller hands over stays the caller's, is read during the call only, and is copied where it must last.
   - What the library makes (verifiers, streams, signers, header lines, replay memories) is freed once with its own
     function, and with nothing else. Handles are opaque; what is said below of a handle that is "alive" is that it was
     made and not freed.
   - There is no global state to set up. Verifiers, signers, header lines and replay memories may be used from many
     threads at the same time; a stream by one thread at a time.
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
 The number of the binary interface that this header describes. It grows when a program that was built with an older
 header would no longer work; new functions and new numbers of a status do not change it.
 */
#define COUNTERSIGN_ABI_NUMBER 1

/*
 What stands in `secret_index` where no secret has matched.
 */
#define COUNTERSIGN_NO_SECRET 4294967295

/*
 What a call has found. The numbers and names are the same in every language and never change.

 0 is the only number that means that a delivery is authentic (or, of a function that verifies nothing, that it has
 done its work). 1 to 15 are verdicts: the delivery is rejected. 64 to 69 are faults of the caller or of the
 configuration. 127 is a fault of this library. Later versions may add numbers: treat every number but 0 as a
 rejection. To the sender all rejections must look the same; the reason is for logs and metrics.
 */
enum countersign_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The delivery is authentic; or the function has done its work.
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
     A label names no algorithm that is known.
     */
    COUNTERSIGN_STATUS_UNKNOWN_ALGORITHM = 4,
    /*
     A known algorithm that contradicts the configured one, another source, or what is accepted.
     */
    COUNTERSIGN_STATUS_ALGORITHM_NOT_ACCEPTED = 5,
    /*
     Not the configured encoding: odd hex, wrong alphabet, inner blank, partial padding, trailing bits.
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
     Authentic, but taken before. `countersign_replay_memory_take` alone says so.
     */
    COUNTERSIGN_STATUS_REPLAYED = 14,
    /*
     The body is larger than a limit. No function of this library says so; it is here for services that limit bodies.
     */
    COUNTERSIGN_STATUS_BODY_TOO_LARGE = 15,
    /*
     An argument cannot be used: NULL, misaligned, longer than any object can be, text that is not UTF-8, a number
     that names nothing, or a call out of order.
     */
    COUNTERSIGN_STATUS_INVALID_ARGUMENT = 64,
    /*
     A secret is required and there is none, or it has no bytes.
     */
    COUNTERSIGN_STATUS_EMPTY_SECRET = 65,
    /*
     A secret is not of the form that is asked for.
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
     Something that is understood but cannot be done.
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
 A hash function used as HMAC (RFC 2104). Functions take it as a plain number, so that any number may be given and is
 checked.
 */
enum countersign_algorithm
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     None: a token, or no authentication is asked for. No verifier can be made with it.
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
     For a verifier only: one of the six, which the label before the signature, the header
     `X-Fivetran-Hmac-Algorithm` and the length of the signature must agree on.
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
 How a signature is written as text. Functions take it as a plain number, so that any number may be given and is
 checked. It is never guessed.
 */
enum countersign_encoding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The standard alphabet (RFC 4648 section 4); padding whole or absent.
     */
    COUNTERSIGN_ENCODING_BASE64 = 1,
    /*
     Two digits a byte (RFC 4648 section 8), either case.
     */
    COUNTERSIGN_ENCODING_HEXA_DECIMAL = 2,
    /*
     The alphabet with `-` and `_` (RFC 4648 section 5); padding whole or absent.
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
 Which bounds of a `countersign_secret` count; joined by `|`.
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
 Header lines that `countersign_sign` has made. Never changes; any number of threads may read it at the same time.
 */
typedef struct countersign_headers countersign_headers;

/*
 Remembers the messages of one sender that were taken, in the memory of this process. Any number of threads may use it
 at the same time. Two senders may use the same ids, so each needs a memory of its own. It is made apart from the
 verifier and outlives it: when secrets are changed, keep the memory. Other processes know nothing of it, and it is
 empty after a restart.

 It holds at most as many messages as it was made for, about 200 bytes each. If more arrive within the window the
 oldest is forgotten first, and `countersign_replay_memory_evicted` counts those.
 */
typedef struct countersign_replay_memory countersign_replay_memory;

/*
 Makes the header lines that a verifier of the same scheme takes. Made once; never changes; any number of threads may
 use it at the same time. For senders, tests and tools: never verify by signing and comparing texts.
 */
typedef struct countersign_signer countersign_signer;

/*
 A verification in progress. It keeps what it needs of the verifier and nothing of the body but an unfinished block,
 about 2.2 KiB in all. One thread at a time may use it.
 */
typedef struct countersign_stream countersign_stream;

/*
 Checks deliveries. Made once, by a `countersign_verifier_` function; never changes; any number of threads may use it
 at the same time. It keeps no secret, only the keys made of them, which are wiped when it is freed.
 */
typedef struct countersign_verifier countersign_verifier;

/*
 A secret as the operator typed it: nothing is trimmed. It is copied, and the copy is wiped when the key has been
 made of it. Fill it with zeros, then set `data` and `length`; that is a secret that may be used at any time.
 */
typedef struct countersign_secret {
    /*
     The bytes, which stay the caller's. They may be wiped as soon as the call has returned.
     */
    const void *data;
    /*
     How many bytes. A secret without bytes is refused with `empty_secret`.
     */
    size_t length;
    /*
     From when on the secret may be used, in milliseconds since 1970; 0 unless `bounds` says that it counts.
     */
    int64_t not_before_ms;
    /*
     Until when it may be used, in milliseconds since 1970, that moment included; 0 unless `bounds` says that it
     counts.
     */
    int64_t not_after_ms;
    /*
     Which of the two bounds count: 0, or values of `countersign_bound`.
     */
    uint32_t bounds;
} countersign_secret;

/*
 A place of the caller's for a text that the library writes, such as why a configuration is refused.

 Before the call, set `data` to room for `capacity` bytes (NULL if `capacity` is 0). The library writes UTF-8 and a
 NUL behind it, never more than `capacity` bytes in all, and sets `length`. If the text does not fit it is cut off at
 the end of a character; `length` still is that of the whole text. So it was cut off exactly if
 `length >= capacity`, and `length + 1` is enough room for the next try. 1024 bytes hold nearly every text. Texts
 name fields, lines and what is allowed, and never show a secret.
 */
typedef struct countersign_text {
    /*
     Where to write to. It stays the caller's.
     */
    char *data;
    /*
     How many bytes may be written there, the NUL included.
     */
    size_t capacity;
    /*
     Set by the library: the length of the whole text in bytes, without the NUL. 0 if there is nothing to say.
     */
    size_t length;
} countersign_text;

/*
 How far the time of sending may be from now, in seconds. At the edge it is still taken.
 */
typedef struct countersign_tolerance {
    /*
     The greatest age.
     */
    uint32_t past;
    /*
     The furthest that a clock may be ahead.
     */
    uint32_t future;
} countersign_tolerance;

/*
 What was found of a delivery. The library writes all of it, whatever the outcome, and never reads it.
 */
typedef struct countersign_verdict {
    /*
     The same as the function returns: 0 if the delivery is authentic.
     */
    countersign_status status;
    /*
     The algorithm of the HMAC, if authentic by one; else `COUNTERSIGN_ALGORITHM_NONE`.
     */
    countersign_algorithm algorithm;
    /*
     The index of the secret that matched, counted from 0 in the order in which they were given, the first if several
     did; `COUNTERSIGN_NO_SECRET` if rejected, or where no authentication is asked for.
     */
    uint32_t secret_index;
} countersign_verdict;

/*
 One header line: its name, and its value as it came, which need not be text. Neither needs a NUL at its end.
 */
typedef struct countersign_header {
    /*
     The name. Names compare without case.
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
 All of it stays the caller's and is only read, during the call.
 */
typedef struct countersign_delivery {
    /*
     The request method, such as `POST`. Read only by schemes that sign it; one that is not UTF-8 fits no signature.
     */
    const char *method;
    /*
     The length of the method in bytes; 0 if it is not known.
     */
    size_t method_length;
    /*
     The URL as the sender called it, with scheme and host. Read only by schemes that sign it; one that is not UTF-8
     fits no signature.
     */
    const char *url;
    /*
     The length of the URL in bytes; 0 if it is not known.
     */
    size_t url_length;
    /*
     The header lines, in order of arrival. Lines that nobody asks for are looked at only if the delivery is rejected;
     then one that cannot be used (NULL with a length) makes the status 64.
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
 What tells a message from every other one of the same verifier. It can be compared, stored and looked up.
 */
typedef struct countersign_identity {
    /*
     The bytes; all zero if there is no identity.
     */
    uint8_t bytes[32];
} countersign_identity;

/*
 A signature and the body that it may belong to. All of it stays the caller's and is only read, during the call.
 */
typedef struct countersign_signed_body {
    /*
     What checks it. It may be the same for all, or another for each.
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
 A whole delivery, what checks it and when it arrived. All of it stays the caller's and is only read, during the
 call.
 */
typedef struct countersign_received_delivery {
    /*
     What checks it. It may be the same for all, or another for each.
     */
    const struct countersign_verifier *verifier;
    /*
     The delivery.
     */
    struct countersign_delivery delivery;
    /*
     The moment at which it arrived, in milliseconds since 1970.
     */
    int64_t now_ms;
} countersign_received_delivery;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The fixed name of a status, such as `missing_signature`, for logs and metrics; `unknown_status` for a number that is
 none.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_status_name(uint32_t status);

/*
 One sentence about a status, in English, for a person who reads logs. It holds nothing of the delivery.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_status_message(uint32_t status);

/*
 The number of the binary interface of the library that is loaded. If it is not `COUNTERSIGN_ABI_NUMBER`, the program
 was built with a header of another.
 */
uint32_t countersign_abi_number(void);

/*
 The version of the library that is loaded, such as `0.1.0`.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_version(void);

/*
 The version of the library that is loaded as one number, which grows with it: major * 65536 + minor * 256 + patch.
 */
uint32_t countersign_version_number(void);

/*
 The configuration name of an algorithm, such as `SHA_256`; `NONE` for 0, `UNKNOWN` for a number that is none.

 Returns a NUL-terminated text that lives as long as the program. Never NULL.
 */
const char *countersign_algorithm_name(uint32_t algorithm);

/*
 Makes a verifier for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless
 `countersign_verifier_in_header` names another. `algorithm` is a value of `countersign_algorithm`, with
 `COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER` among them; `encoding` is a value of `countersign_encoding`. Give several
 secrets, at most eight, for rotation.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or one without bytes, 67 for too
 many.

 Ownership and lifetime:
 `secrets` leads to `secret_count` secrets, which are read during the call only. `*verifier` receives a verifier that
 the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; else it
 receives why not.
 */
countersign_status countersign_verifier_hmac(uint32_t algorithm,
                                             uint32_t encoding,
                                             const struct countersign_secret *secrets,
                                             size_t secret_count,
                                             struct countersign_verifier **verifier,
                                             struct countersign_text *error);

/*
 Makes a verifier for senders that repeat a secret in the header `Authorization` unless
 `countersign_verifier_in_header` names another. Such a token says nothing about the body.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no token or one without bytes, 66 for a token
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

 Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if there is no secret or one
 without bytes, 66 for a secret that is not written as the scheme says, 67 for a scheme that does not fit.

 Ownership and lifetime:
 `json` leads to `json_length` bytes of UTF-8, and `secrets` to `secret_count` secrets; both are read during the call
 only. `tolerance` may be NULL; else it replaces that of the scheme. `*verifier` receives a verifier that the caller
 frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; else it receives why
 not.
 */
countersign_status countersign_verifier_scheme(const char *json,
                                               size_t json_length,
                                               const struct countersign_secret *secrets,
                                               size_t secret_count,
                                               const struct countersign_tolerance *tolerance,
                                               struct countersign_verifier **verifier,
                                               struct countersign_text *error);

/*
 Makes a verifier from the preset `name`, such as `github`.

 Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or one without bytes, 66 for a secret
 that is not written as the sender writes them, 67 for too many or for a tolerance where no timestamp is signed, 68
 if no preset has this name, 69 for a sender whose signature is not HMAC.

 Ownership and lifetime:
 As for `countersign_verifier_scheme`, with `name` and `name_length` in place of the JSON.
 */
countersign_status countersign_verifier_preset(const char *name,
                                               size_t name_length,
                                               const struct countersign_secret *secrets,
                                               size_t secret_count,
                                               const struct countersign_tolerance *tolerance,
                                               struct countersign_verifier **verifier,
                                               struct countersign_text *error);

/*
 Makes another verifier like `verifier`, which looks for the signature or token in the header `name` alone.
 `verifier` stays as it is.

 Returns 0; or 64 for an argument that cannot be used, 67 if no header can have this name.

 Ownership and lifetime:
 `verifier` is alive. `name` leads to `name_length` bytes of UTF-8. `*another` receives a verifier that the caller
 frees with `countersign_verifier_free`, or NULL if the status is not 0; `verifier` must be freed too. `error` may be
 NULL; else it receives why not.
 */
countersign_status countersign_verifier_in_header(const struct countersign_verifier *verifier,
                                                  const char *name,
                                                  size_t name_length,
                                                  struct countersign_verifier **another,
                                                  struct countersign_text *error);

/*
 Tells the name of the header that holds the signature or token, whose value `countersign_verify_signature` wants;
 the first, if there can be several. It is empty if the verifier looks for none.

 Returns 0, or 64 for an argument that cannot be used. If the room is too small, `length` tells how much is needed.

 Ownership and lifetime:
 `verifier` is alive. `name` leads to a text that nobody else uses during the call; it stays the caller's.
 */
countersign_status countersign_verifier_header(const struct countersign_verifier *verifier,
                                               struct countersign_text *name);

/*
 Tells whether `countersign_stream_begin` can be used with this verifier: a scheme that signs something behind the
 body, or a part of the body alone, needs the whole body. Ask while the service starts.

 Returns 0 if it can; 69 if not; 64 for an argument that cannot be used.

 Ownership and lifetime:
 `verifier` is alive. `error` may be NULL; else it receives why not.
 */
countersign_status countersign_verifier_can_stream(const struct countersign_verifier *verifier,
                                                   struct countersign_text *error);

/*
 Frees a verifier and wipes its keys. NULL is passed over.

 Ownership and lifetime:
 `verifier` is NULL, or came from a `countersign_verifier_` function and was not freed yet. No thread uses it during
 this call or later; to free it twice is undefined. Streams that were begun with it stay good.
 */
void countersign_verifier_free(struct countersign_verifier *verifier);

/*
 Makes a verifier from the JSON of a connection, with the secrets that stand in it: the whole body of
 `POST /v1/connections`, or its `config` alone.

 Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if a secret is asked for and
 there is none, 66 for a secret that is not of the right form, 67 for a field that does not fit, 68 or 69 for a
 scheme that is not known or cannot be had.

 Ownership and lifetime:
 `json` leads to `json_length` bytes of UTF-8, which are read during the call only. `*verifier` receives a verifier
 that the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; else it
 receives why not.
 */
countersign_status countersign_verifier_connection(const char *json,
                                                   size_t json_length,
                                                   struct countersign_verifier **verifier,
                                                   struct countersign_text *error);

/*
 As `countersign_verifier_connection`, with `secrets` in place of those that stand in the JSON, for connections whose
 secrets are kept elsewhere. Not to bring any, where the connection asks for one, is 65 and never "no
 authentication".

 Ownership and lifetime:
 As for `countersign_verifier_connection`, and `secrets` leads to `secret_count` secrets, which are read during the
 call only.
 */
countersign_status countersign_verifier_connection_with_secrets(const char *json,
                                                                size_t json_length,
                                                                const struct countersign_secret *secrets,
                                                                size_t secret_count,
                                                                struct countersign_verifier **verifier,
                                                                struct countersign_text *error);

/*
 Makes a signer of what a connection takes, with the first secret that stands in its JSON. `algorithm` is a value of
 `countersign_algorithm`; `COUNTERSIGN_ALGORITHM_NONE` leaves the choice to the connection, which is SHA_256 where
 several are taken.

 Returns 0; or 64 for an argument that cannot be used, 65 without a secret, 67 for a field that does not fit or an
 algorithm that the connection does not take, 69 if it does not use HMAC.

 Ownership and lifetime:
 `json` leads to `json_length` bytes of UTF-8, which are read during the call only. `*signer` receives a signer that
 the caller frees with `countersign_signer_free`, or NULL if the status is not 0. `error` may be NULL; else it
 receives why not.
 */
countersign_status countersign_signer_connection(const char *json,
                                                 size_t json_length,
                                                 uint32_t algorithm,
                                                 struct countersign_signer **signer,
                                                 struct countersign_text *error);

/*
 Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.

 For schemes that sign nothing but the body and what stands in that one header; with others it is `missing_part` or
 `missing_timestamp`. Schemes with a tolerance, and secrets with bounds, look at the system's clock.

 Returns 0 if and only if the delivery is authentic, else the reason: 1 to 15, or 64 for an argument that cannot be
 used. Allocates nothing but for presets that rewrite the request (such as `adyen`).

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `signature` and `body` lead to
 `signature_length` and `body_length` bytes, which are read during the call only (NULL if the length is 0).
 `verdict` may be NULL; else the verdict is written there.
 */
countersign_status countersign_verify_signature(const struct countersign_verifier *verifier,
                                                const void *signature,
                                                size_t signature_length,
                                                const void *body,
                                                size_t body_length,
                                                struct countersign_verdict *verdict);

/*
 Decides whether a whole delivery is authentic. `now_ms` is the moment at which it arrived, in milliseconds since
 1970, usually `countersign_now_ms()`; it matters to schemes with a tolerance and to secrets with bounds.

 Returns 0 if and only if the delivery is authentic, else the reason: 1 to 15, or 64 for an argument that cannot be
 used. Allocates nothing but for presets that rewrite the request (such as `adyen`).

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and all that it leads to, is
 read during the call only. `verdict` may be NULL; else the verdict is written there.
 */
countersign_status countersign_verify(const struct countersign_verifier *verifier,
                                      const struct countersign_delivery *delivery,
                                      int64_t now_ms,
                                      struct countersign_verdict *verdict);

/*
 Tells which message an authentic delivery is, so that a repetition of it can be known: by its id if that is signed,
 else by all that is signed, whichever secret has signed it. Every delivery of one message has the same identity, in
 every process, also after secrets have changed; no two messages of one verifier have the same. Call it only after the
 delivery was found to be authentic: what a forger sends can be given any identity.

 An id that is not signed is not looked at, since whoever replays a message can change it. Identities hold nothing of
 a secret or signature that could be used.

 Returns 0; 69 if the verifier checks no signature but a token, or nothing, so that messages cannot be told apart; 13
 for a delivery that this verifier would not take; 64 for an argument that cannot be used.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `delivery`, and all that it leads to, is
 read during the call only. `identity` leads to room for one, whose bytes are all zero if the status is not 0.
 */
countersign_status countersign_identify(const struct countersign_verifier *verifier,
                                        const struct countersign_delivery *delivery,
                                        struct countersign_identity *identity);

/*
 Tells whether the URL is signed, so that a delivery needs it: 1 or 0 in `*answer`. A server seldom knows the URL that
 the sender called. Make it of an origin that you configure and of the path and query of the request, never of the
 `Host` header: whoever has a delivery that was meant for another service could name that one there.

 Returns 0, or 64 for an argument that cannot be used; `*answer` is then 1.

 Ownership and lifetime:
 `verifier` is alive. `answer` leads to a number that nobody else uses during the call.
 */
countersign_status countersign_verifier_signs_url(const struct countersign_verifier *verifier,
                                                  uint32_t *answer);

/*
 Makes a memory of up to `capacity` messages.

 Returns 0; or 64 for an argument that cannot be used, 67 for a capacity of 0.

 Ownership and lifetime:
 `*memory` receives a memory that the caller frees with `countersign_replay_memory_free`, or NULL if the status is not
 0.
 */
countersign_status countersign_replay_memory_new(size_t capacity,
                                                 struct countersign_replay_memory **memory);

/*
 Takes a message that was found to be authentic, unless it was taken within `window_seconds` before. Of several that
 arrive at once, one is taken. `identity` is that of `countersign_identify`; `now_ms` is the moment at which the
 delivery arrived, in milliseconds since 1970; `window_seconds` is what `countersign_verifier_replay_window` gives.

 `*ticket` is the right to say what became of the message, by `countersign_replay_memory_finish` or
 `countersign_replay_memory_forget`; it is never 0 if the message was taken, and 0 if not. Once a message was
 handled, the window runs from the last time that it came; one of which nobody has said what became of it is taken
 again `window_seconds` after it was taken.

 Returns 0 if the message was taken, now; 14 (`replayed`) if it was taken before, and `*is_handled` is then 1 if it
 was handled, 0 if nobody has said so yet; 64 for an argument that cannot be used, such as a window of 0.

 Ownership and lifetime:
 `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
 `ticket` leads to a number that nobody else uses during the call, and so does `is_handled`, unless it is NULL;
 `*is_handled` is 0 if the status is not 14.
 */
countersign_status countersign_replay_memory_take(struct countersign_replay_memory *memory,
                                                  const struct countersign_identity *identity,
                                                  int64_t now_ms,
                                                  uint64_t window_seconds,
                                                  uint64_t *ticket,
                                                  uint32_t *is_handled);

/*
 Says that a message was handled: from now on it is repeated, and no longer in progress.

 Returns 0, also if the message is not remembered any more, or was taken again since, with another ticket; nothing
 happens then, and `*is_remembered` is 0, else 1. 64 for an argument that cannot be used.

 Ownership and lifetime:
 `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
 `is_remembered` may be NULL; else it leads to a number that nobody else uses during the call, which is 0 if the
 status is not 0.
 */
countersign_status countersign_replay_memory_finish(struct countersign_replay_memory *memory,
                                                    const struct countersign_identity *identity,
                                                    uint64_t ticket,
                                                    uint32_t *is_remembered);

/*
 Forgets a message that could not be handled, so that it is taken once more when its sender sends it again. Call it
 before you answer the sender with an error.

 Returns 0, also if the message is not remembered any more, or was taken again since, with another ticket; nothing
 happens then, and `*is_remembered` is 0, else 1. 64 for an argument that cannot be used.

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
 How many messages were forgotten before their time, for want of room; 0 for NULL. If this grows, replays may pass:
 make the capacity larger.

 Ownership and lifetime:
 `memory` is NULL or alive; any number of threads may use it at the same time.
 */
uint64_t countersign_replay_memory_evicted(const struct countersign_replay_memory *memory);

/*
 Frees a memory, and with it all that it remembers. NULL is passed over.

 Ownership and lifetime:
 `memory` is NULL, or came from `countersign_replay_memory_new` and was not freed yet. No thread uses it during this
 call or later; to free it twice is undefined.
 */
void countersign_replay_memory_free(struct countersign_replay_memory *memory);

/*
 Tells for how long messages must be remembered so that none is taken twice, in seconds: `window_seconds`, or the
 tolerance of the scheme, both ways together and one second more, if that is longer. Ask while the service starts, and
 give the answer to each `countersign_replay_memory_take`.

 Returns 0; 67 if `window_seconds` is 0 and the scheme has no tolerance, so that its messages never expire; 69 if the
 verifier checks no signature but a token, or nothing, so that messages cannot be told apart; 64 for an argument that
 cannot be used.

 Ownership and lifetime:
 `verifier` is alive; any number of threads may use it at the same time. `needed_seconds` leads to a number that
 nobody else uses during the call, which is 0 if the status is not 0.
 */
countersign_status countersign_verifier_replay_window(const struct countersign_verifier *verifier,
                                                      uint64_t window_seconds,
                                                      uint64_t *needed_seconds);

/*
 Begins the verification of a body that arrives in pieces: `delivery` is all but the body, whose pointer and length
 are not looked at. `now_ms` is the moment at which it began to arrive, in milliseconds since 1970.

 Returns 0 if the headers are well-formed, which does not mean that the delivery is authentic yet: only
 `countersign_stream_finish` decides that. Else what is wrong with them (1 to 15), 69 if the scheme needs the whole
 body (see `countersign_verifier_can_stream`), or 64.

 Ownership and lifetime:
 `verifier` is alive; it may be freed while the stream goes on. `delivery`, and all that it leads to, is read during
 the call only. `*stream` receives a stream that the caller frees with `countersign_stream_free`, whether it is
 finished or not; or NULL if the status is not 0.
 */
countersign_status countersign_stream_begin(const struct countersign_verifier *verifier,
                                            const struct countersign_delivery *delivery,
                                            int64_t now_ms,
                                            struct countersign_stream **stream);

/*
 As `countersign_stream_begin`, with the value of the signature (or token) header and nothing else; schemes with a
 tolerance, and secrets with bounds, look at the system's clock.

 Ownership and lifetime:
 As for `countersign_stream_begin`; `signature` leads to `signature_length` bytes, which are read during the call
 only.
 */
countersign_status countersign_stream_begin_signature(const struct countersign_verifier *verifier,
                                                      const void *signature,
                                                      size_t signature_length,
                                                      struct countersign_stream **stream);

/*
 Takes the next piece of the body, of any length.

 Returns 0; or 64 for an argument that cannot be used or a stream that is finished. After 64 the stream is as it was.

 Ownership and lifetime:
 `stream` is alive, and no other thread uses it during the call. `chunk` leads to `chunk_length` bytes, which are
 read during the call only.
 */
countersign_status countersign_stream_update(struct countersign_stream *stream,
                                             const void *chunk,
                                             size_t chunk_length);

/*
 Decides, now that the body is whole. The stream is then finished, and its keys are wiped; nothing but
 `countersign_stream_free` can be done with it.

 Returns 0 if and only if the delivery is authentic, else the reason; 64 for a stream that is finished already.

 Ownership and lifetime:
 `stream` is alive, and no other thread uses it during the call; it is not freed by it. `verdict` may be NULL; else
 the verdict is written there.
 */
countersign_status countersign_stream_finish(struct countersign_stream *stream,
                                             struct countersign_verdict *verdict);

/*
 Frees a stream, finished or given up, and wipes it. NULL is passed over.

 Ownership and lifetime:
 `stream` is NULL, or came from a `countersign_stream_begin` function and was not freed yet. No thread uses it during
 this call or later; to free it twice is undefined.
 */
void countersign_stream_free(struct countersign_stream *stream);

/*
 Decides of `count` signatures whether each belongs to its body: `verdicts[i]` is what `countersign_verify_signature`
 says of `items[i]`. An item that cannot be used gets 64 in its verdict; the others are judged all the same.

 Returns 0 if and only if all are authentic (or `count` is 0); else the status of the first that is not. 64 if the
 arrays cannot be used: the verdicts, if there is room for them, are then all 127.

 Ownership and lifetime:
 `items` leads to `count` items, which are read during the call only; each `verifier` is alive and may be used by
 other threads at the same time. `verdicts` leads to room for `count` verdicts, all of which are written, and does
 not overlap what is read.
 */
countersign_status countersign_verify_batch(const struct countersign_signed_body *items,
                                            size_t count,
                                            struct countersign_verdict *verdicts);

/*
 Decides of `count` whole deliveries whether each is authentic: `verdicts[i]` is what `countersign_verify` says of
 `items[i]`. An item that cannot be used gets 64 in its verdict; the others are judged all the same.

 Returns 0 if and only if all are authentic (or `count` is 0); else the status of the first that is not. 64 if the
 arrays cannot be used: the verdicts, if there is room for them, are then all 127.

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

 Returns 0; or 64 for an argument that cannot be used, 65 for a secret without bytes.

 Ownership and lifetime:
 `secret` leads to `secret_length` bytes, which are copied; the copy is wiped when the key has been made of it.
 `*signer` receives a signer that the caller frees with `countersign_signer_free`, or NULL if the status is not 0.
 `error` may be NULL; else it receives why not.
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

 Returns 0; or 64 for an argument that cannot be used, 65 for a secret without bytes, 66 for one that is not written
 as the scheme says, 67 for a scheme that does not fit or an algorithm that it does not take, 69 for one that does
 not sign.

 Ownership and lifetime:
 `json` leads to `json_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
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
 `name` leads to `name_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
 */
countersign_status countersign_signer_preset(const char *name,
                                             size_t name_length,
                                             const void *secret,
                                             size_t secret_length,
                                             uint32_t algorithm,
                                             struct countersign_signer **signer,
                                             struct countersign_text *error);

/*
 Makes another signer like `signer`, which sends in the header `name`. `signer` stays as it is.

 Returns 0; or 64 for an argument that cannot be used, 67 if no header can have this name.

 Ownership and lifetime:
 `signer` is alive. `name` leads to `name_length` bytes of UTF-8. `*another` receives a signer that the caller frees
 with `countersign_signer_free`, or NULL if the status is not 0; `signer` must be freed too. `error` may be NULL;
 else it receives why not.
 */
countersign_status countersign_signer_in_header(const struct countersign_signer *signer,
                                                const char *name,
                                                size_t name_length,
                                                struct countersign_signer **another,
                                                struct countersign_text *error);

/*
 Makes the header lines that go with a message: the signature's, and those of the id and the time of sending where
 the scheme has them. `message` holds method, URL, the header lines that are sent anyway, and the body; `id` is the
 message's id, the same each time that the message is sent again, or of no length; `now_ms` is the time of sending,
 in milliseconds since 1970, usually `countersign_now_ms()`.

 Returns 0; or 64 for an argument that cannot be used, 67 if the message lacks something that the scheme signs.

 Ownership and lifetime:
 `signer` is alive. `message` and all that it leads to, and `id` with its `id_length` bytes of UTF-8, are read during
 the call only. `*headers` receives header lines that the caller frees with `countersign_headers_free`, or NULL if
 the status is not 0. `error` may be NULL; else it receives why not.
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
 Gives the header line at `index`, counted from 0. Name and value have a NUL behind them that does not count as
 their length, so that they can be printed.

 Returns 0; or 64 for an argument that cannot be used, or if there is no such line; `*header` is then all zeros, if
 there is one.

 Ownership and lifetime:
 `headers` is alive. `*header` receives pointers into `headers`, which are good until it is freed.
 */
countersign_status countersign_headers_get(const struct countersign_headers *headers,
                                           size_t index,
                                           struct countersign_header *header);

/*
 Frees header lines. NULL is passed over.

 Ownership and lifetime:
 `headers` is NULL, or came from `countersign_sign` and was not freed yet. No thread uses it, nor what
 `countersign_headers_get` gave, during this call or later; to free it twice is undefined.
 */
void countersign_headers_free(struct countersign_headers *headers);

/*
 Frees a signer and wipes its key. NULL is passed over.

 Ownership and lifetime:
 `signer` is NULL, or came from a `countersign_signer_` function and was not freed yet. No thread uses it during this
 call or later; to free it twice is undefined.
 */
void countersign_signer_free(struct countersign_signer *signer);

/*
 The time of this system's clock, in milliseconds since 1970: what to give as `now_ms` for a delivery that has just
 arrived.
 */
int64_t countersign_now_ms(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COUNTERSIGN_H */
