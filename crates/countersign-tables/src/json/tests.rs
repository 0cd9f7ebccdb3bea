//! What is JSON and what is not, and which part is where.

use super::*;

const ALL: Keep = Keep { members: usize::MAX, elements: usize::MAX };

#[test]
fn what_is_json_is_taken_whole() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1.5e+10",
        "1E9",
        "0.0",
        "1e400",
        "\"\"",
        "\"a\\u12aFb\"",
        "\"\u{7f}\u{2028}\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[[],[{}]]",
        "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"\":\"\"}",
        "[1 , 2\t,\r\n3 ]",
        "\"\\ud800\"",
    ] {
        for around in ["", " ", "\r\n\t "] {
            let whole = format!("{around}{text}{around}");
            assert_eq!(parse(&whole, ALL).unwrap().value.text, text, "{whole:?}");
        }
    }
}

#[test]
fn what_is_not_json_is_told_by_place() {
    for (text, at) in [
        ("", 0),
        (" ", 1),
        ("nul", 0),
        ("nulL", 0),
        ("nullx", 4),
        ("True", 0),
        ("NaN", 0),
        ("-Infinity", 1),
        ("01", 1),
        ("+1", 0),
        (".5", 0),
        ("1.", 2),
        ("1.e5", 2),
        ("1e", 2),
        ("1e+", 3),
        ("-", 1),
        ("--1", 1),
        ("0x10", 1),
        ("'a'", 0),
        ("\"", 1),
        ("\"a", 2),
        ("\"\t\"", 1),
        ("\"\0\"", 1),
        ("\"\\x\"", 2),
        ("\"\\u12g4\"", 5),
        ("\"\\u", 3),
        ("\"\\", 2),
        ("[", 1),
        ("]", 0),
        ("[1", 2),
        ("[1,", 3),
        ("[1,]", 3),
        ("[,1]", 1),
        ("[1 2]", 3),
        ("[1}", 2),
        ("{", 1),
        ("{]", 1),
        ("{a:1}", 1),
        ("{\"a\"}", 4),
        ("{\"a\" 1}", 5),
        ("{\"a\":}", 5),
        ("{\"a\":1,}", 7),
        ("{\"a\":1", 6),
        ("{\"a\":1]", 6),
        ("{1:1}", 1),
        ("[[1]", 4),
        ("[{\"a\":[1}]", 8),
        ("[[,1]]", 2),
        ("[{,}]", 2),
        ("[{\"a\":1,}]", 8),
        ("[[1,]]", 4),
        ("[] []", 3),
        ("{}x", 2),
        ("\u{feff}{}", 0),
        ("[1]//", 3),
        ("\u{a0}1", 0),
        ("[\u{c}]", 1),
    ] {
        let fault = parse(text, ALL).unwrap_err();
        assert_eq!(fault.at, at, "{text:?} {fault:?}");
    }
}

#[test]
fn parts_are_slices_of_the_text() {
    let text = " {\"a\" : [1, 2 ] , \"\\u0062\":{\"x\":12.50e3},\"a\":\"z\"} ";
    let document = parse(text, ALL).unwrap();
    let Parts::Object { members, count: 3 } = &document.parts else { panic!("{document:?}") };
    let texts: Vec<_> = members.iter().map(|member| (member.key, member.value.text)).collect();
    assert_eq!(texts, [("\"a\"", "[1, 2 ]"), ("\"\\u0062\"", "{\"x\":12.50e3}"), ("\"a\"", "\"z\"")]);
    assert_eq!(members[1].value.shape, Shape { depth: 1, digits: 5 });
    assert_eq!(document.value.shape, Shape { depth: 2, digits: 5 });

    let document = parse("[ {} ,\"[\",-1.5 ]", Keep { members: 0, elements: 2 }).unwrap();
    let Parts::Array { elements, count: 3 } = &document.parts else { panic!("{document:?}") };
    assert_eq!(elements.iter().map(|element| element.text).collect::<Vec<_>>(), ["{}", "\"[\""]);
    assert_eq!(document.value.shape, Shape { depth: 2, digits: 2 });
}

#[test]
fn depth_costs_no_stack() {
    let levels = 5_000_000;
    let text = "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(parse(&text, ALL).unwrap().value.shape.depth, levels);
    assert_eq!(parse(&text[..text.len() - 1], ALL).unwrap_err().at, text.len() - 1);
    assert_eq!(parse(&"{\"a\":".repeat(levels), ALL).unwrap_err().at, 5 * levels);
}
