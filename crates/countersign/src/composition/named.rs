//! The compositions that have a name of their own, as a `function` of a scheme.
//!
//! Mandrill signs the URL as configured at the sender, then the parameters of the form, sorted by name. The rule is that of
//! Mailchimp's guide, "How to Authenticate Webhook Requests"
//! (<https://mandrill.zendesk.com/hc/en-us/articles/360039232513-How-to-Authenticate-Webhook-Requests>). The guide does not
//! mention repeated names; their values keep their order. HubSpot's rule is in `hubspot.rs`.

use super::Composition;
use super::fields::{Choice, Fields, From, Order, Repeated};
use super::signature::Signature;
use super::template::Translated;
use super::text::{Function, Text};

/// A composition with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedComposition {
    /// The sorted parameters of a form in place of the body.
    Mandrill,
    /// The URL with some of its escapes undone.
    HubSpot,
}

impl NamedComposition {
    /// Whether the template must contain `{url}`, because that is what is rewritten.
    pub(crate) fn needs_url(self) -> bool {
        self == Self::HubSpot
    }

    /// The composition, with the signature in `header`.
    pub(crate) fn composition(self, header: &str) -> Composition {
        let (translated, fields) = match self {
            Self::Mandrill => {
                let body = Some(Text::Fields);
                (Translated { body, is_ambiguous: true, ..Translated::default() }, Some(sorted_form()))
            }
            Self::HubSpot => {
                let url = Text::Of(Function::HubSpot, Box::new(Text::Url));
                (Translated { url: Some(url), ..Translated::default() }, None)
            }
        };
        let header = header.to_owned();
        Composition {
            signature: Signature { place: None, header, wrapped_in: None, group_separator: None, until: None },
            translated,
            fields,
            signed_headers: None,
            unpacks: false,
            covers_body: true,
            moves_values: false,
        }
    }
}

/// The fields of a body that is read as a form, whatever its header says, sorted by name and joined without marks.
fn sorted_form() -> Fields {
    Fields {
        from: From::AnyForm,
        choice: Choice::AllBut { except: Vec::new(), order: Order::Name },
        pair: Some(String::new()),
        join: String::new(),
        skips_empty: false,
        repeated: Repeated::Keep,
        is_raw: false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use countersign_core::Delivery;

    use super::*;
    use crate::function::{Rewritten, oracle};

    fn rewrite<T>(url: &str, body: &[u8], read: impl FnOnce(&Rewritten<'_>) -> T) -> T {
        let composition = NamedComposition::Mandrill.composition("X-Sign");
        let delivery =
            Delivery { method: "POST", url, headers: &[("X-Sign", "x"), ("Content-Type", "text/plain")], body };
        read(&composition.rewrite(&delivery).unwrap())
    }

    fn signature(secret: &[u8], url: &str, body: &[u8]) -> String {
        rewrite(url, body, |rewritten| {
            let [url] = &rewritten.urls[..] else { panic!("one URL") };
            oracle::sha1(secret, &[url.as_bytes(), &rewritten.body].concat())
        })
    }

    /// A test delivery of Mandrill from the repository of mandrill-rails; it contains the same event twice:
    /// <https://github.com/evendis/mandrill-rails/blob/eb89d7c9/spec/fixtures/webhook_examples/click_with_signature.json>.
    #[test]
    fn a_delivery_of_mandrill() {
        let body = format!("mandrill_events=%5B{EVENT}%2C{EVENT}%5D");
        assert_eq!(body.len(), 4091);
        let found = signature(b"ntynTMaFpM_octE5R1DKAw", "http://requestb.in/q9a918q9", body.as_bytes());
        assert_eq!(found, "7rUa4lNJitlb178MgGOcHO6T4Bg=");
    }

    #[test]
    fn parameters_are_sorted_by_name_only() {
        rewrite("https://example.com/", b"b=2&a=z&%61=y&b=2&&c", |rewritten| {
            assert_eq!(&*rewritten.body, b"azayb2b2c");
        });
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_unchanged() {
        rewrite("u", b"\xfe=%ff", |rewritten| assert_eq!(&*rewritten.body, b"\xfe\xff"));
    }

    const EVENT: &str = concat!(
        "%7B%22event%22%3A%22click%22%2C%22msg%22%3A%7B%22ts%22%3A1365109999%2C%22subject%22%3A%22This+an+exa",
        "mple+webhook+message%22%2C%22email%22%3A%22example.webhook%40mandrillapp.com%22%2C%22sender%22%3A%22",
        "example.sender%40mandrillapp.com%22%2C%22tags%22%3A%5B%22webhook-example%22%5D%2C%22opens%22%3A%5B%7",
        "B%22ts%22%3A1365111111%7D%5D%2C%22clicks%22%3A%5B%7B%22ts%22%3A1365111111%2C%22url%22%3A%22http%3A%5",
        "C%2F%5C%2Fmandrill.com%22%7D%5D%2C%22state%22%3A%22sent%22%2C%22metadata%22%3A%7B%22user_id%22%3A111",
        "%7D%2C%22_id%22%3A%22exampleaaaaaaaaaaaaaaaaaaaaaaaaa%22%2C%22_version%22%3A%22exampleaaaaaaaaaaaaaa",
        "a%22%7D%2C%22ip%22%3A%22127.0.0.1%22%2C%22location%22%3A%7B%22country_short%22%3A%22US%22%2C%22count",
        "ry%22%3A%22United+States%22%2C%22region%22%3A%22Oklahoma%22%2C%22city%22%3A%22Oklahoma+City%22%2C%22",
        "latitude%22%3A35.4675598145%2C%22longitude%22%3A-97.5164337158%2C%22postal_code%22%3A%2273101%22%2C%",
        "22timezone%22%3A%22-05%3A00%22%7D%2C%22user_agent%22%3A%22Mozilla%5C%2F5.0+%28Macintosh%3B+U%3B+Inte",
        "l+Mac+OS+X+10.6%3B+en-US%3B+rv%3A1.9.1.8%29+Gecko%5C%2F20100317+Postbox%5C%2F1.1.3%22%2C%22user_agen",
        "t_parsed%22%3A%7B%22type%22%3A%22Email+Client%22%2C%22ua_family%22%3A%22Postbox%22%2C%22ua_name%22%3",
        "A%22Postbox+1.1.3%22%2C%22ua_version%22%3A%221.1.3%22%2C%22ua_url%22%3A%22http%3A%5C%2F%5C%2Fwww.pos",
        "tbox-inc.com%5C%2F%22%2C%22ua_company%22%3A%22Postbox%2C+Inc.%22%2C%22ua_company_url%22%3A%22http%3A",
        "%5C%2F%5C%2Fwww.postbox-inc.com%5C%2F%22%2C%22ua_icon%22%3A%22http%3A%5C%2F%5C%2Fcdn.mandrill.com%5C",
        "%2Fimg%5C%2Femail-client-icons%5C%2Fpostbox.png%22%2C%22os_family%22%3A%22OS+X%22%2C%22os_name%22%3A",
        "%22OS+X+10.6+Snow+Leopard%22%2C%22os_url%22%3A%22http%3A%5C%2F%5C%2Fwww.apple.com%5C%2Fosx%5C%2F%22%",
        "2C%22os_company%22%3A%22Apple+Computer%2C+Inc.%22%2C%22os_company_url%22%3A%22http%3A%5C%2F%5C%2Fwww",
        ".apple.com%5C%2F%22%2C%22os_icon%22%3A%22http%3A%5C%2F%5C%2Fcdn.mandrill.com%5C%2Fimg%5C%2Femail-cli",
        "ent-icons%5C%2Fmacosx.png%22%2C%22mobile%22%3Afalse%7D%2C%22url%22%3A%22http%3A%5C%2F%5C%2Fmandrill.",
        "com%22%2C%22ts%22%3A1379233940%7D",
    );
}
