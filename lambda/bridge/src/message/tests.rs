#![allow(clippy::unwrap_used)]
use super::*;

fn routing() -> Routing {
    Routing {
        topic: Template::parse("local.{mqtt_topic:2}").unwrap(),
        key: Template::parse("{mqtt_topic}").unwrap(),
        headers: vec![("sensor".to_owned(), Template::parse("{mqtt_topic:2}").unwrap())],
        value: ValueFormat::JsonWithId,
        largest: 1000,
    }
}

fn made(routing: &Routing, body: &str) -> Result<Outgoing, Unroutable> {
    let raw = serde_json::value::to_raw_value(body).unwrap();
    routing.record(&Incoming {
        id: "m-1".to_owned(),
        body: Some(&raw),
    })
}

#[test]
fn the_shipped_template_routes_by_the_second_segment_and_keeps_one_device_together() {
    let record = made(&routing(), r#"{"mqtt_topic":"city/air/readings","pm":1.50}"#).unwrap();
    assert_eq!(record.topic, "local.air");
    assert_eq!(record.key, b"city/air/readings");
    assert_eq!(record.headers, [("sensor".to_owned(), b"air".to_vec())]);
}

#[test]
fn values_keep_every_digit_and_their_order() {
    let body = r#"{ "z" : 1.50, "n":12345678901234567890123, "mqtt_topic":"a/b/c", "o": {"y":1, "x":[ ]} }"#;
    let record = made(&routing(), body).unwrap();
    assert_eq!(
        String::from_utf8(record.value).unwrap(),
        r#"{"_id":"m-1","z":1.50,"n":12345678901234567890123,"mqtt_topic":"a/b/c","o":{"y":1, "x":[ ]}}"#
    );
}

#[test]
fn a_device_cannot_choose_the_id_of_its_document() {
    let record = made(&routing(), r#"{"_id":"theirs","mqtt_topic":"a/b/c","\u005fid":1}"#).unwrap();
    assert_eq!(record.value, br#"{"_id":"m-1","mqtt_topic":"a/b/c"}"#);
}

#[test]
fn what_makes_no_record_says_why_without_its_payload() {
    let secret = "s3cr3t";
    for body in [
        "s3cr3t",
        "\"s3cr3t\"",
        r#"["s3cr3t"]"#,
        r#"{"a":"s3cr3t""#,
        r#"{"a":"s3cr3t"}"#,
        r#"{"mqtt_topic":["s3cr3t"]}"#,
        r#"{"mqtt_topic":"s3cr3t"}"#,
        r#"{"mqtt_topic":"a/s3cr3t and space/c"}"#,
        "",
    ] {
        let refused = made(&routing(), body).unwrap_err().to_string();
        assert!(!refused.contains(secret), "{refused}");
    }
}

#[test]
fn a_body_that_is_no_text_makes_no_record() {
    for raw in ["17", "null", r#""\ud800""#] {
        let raw: Box<RawValue> = serde_json::from_str(raw).unwrap();
        let message = Incoming {
            id: "m-1".to_owned(),
            body: Some(&raw),
        };
        assert_eq!(routing().record(&message), Err(Unroutable::NoBody));
    }
}

#[test]
fn the_largest_record_is_counted_with_key_and_headers() {
    let body = r#"{"mqtt_topic":"a/b/c"}"#;
    let size = r#"{"_id":"m-1","mqtt_topic":"a/b/c"}"#.len() + "a/b/c".len() + "sensorb".len();
    let with = |largest| Routing { largest, ..routing() };
    assert!(made(&with(size), body).is_ok());
    assert_eq!(
        made(&with(size - 1), body),
        Err(Unroutable::TooLarge {
            size,
            largest: size - 1
        })
    );
}

#[test]
fn as_is_with_a_fixed_topic_takes_any_text() {
    let routing = Routing {
        topic: Template::parse("raw").unwrap(),
        key: Template::parse("one").unwrap(),
        headers: Vec::new(),
        value: ValueFormat::AsIs,
        largest: 100,
    };
    assert_eq!(made(&routing, "no { json").unwrap().value, b"no { json");
}

#[test]
fn a_body_in_base64_is_stored_as_the_bytes_it_encodes_and_routed_by_the_object_they_hold() {
    let base64 = Routing {
        value: ValueFormat::Base64,
        headers: Vec::new(),
        ..routing()
    };
    let record = made(&base64, &STANDARD.encode(r#"{"mqtt_topic":"city/air/readings"}"#)).unwrap();
    assert_eq!(record.topic, "local.air");
    assert_eq!(record.value, br#"{"mqtt_topic":"city/air/readings"}"#);
    let fixed = Routing {
        topic: Template::parse("raw").unwrap(),
        key: Template::parse("one").unwrap(),
        ..base64
    };
    assert_eq!(made(&fixed, "AP+A").unwrap().value, [0, 0xff, 0x80]);
    for wrong in ["AP+", "AP-A", "s3cr3t!", "AP+A\n"] {
        assert_eq!(made(&fixed, wrong), Err(Unroutable::NotBase64(None)), "{wrong}");
    }
}

#[test]
fn a_field_in_base64_is_stored_and_its_neighbours_route_it() {
    let routing = Routing {
        value: ValueFormat::Base64Field("data".to_owned()),
        ..routing()
    };
    let record = made(&routing, r#"{"data":"AP+A","mqtt_topic":"city/air/readings"}"#).unwrap();
    assert_eq!(
        (record.topic.as_str(), record.value),
        ("local.air", vec![0, 0xff, 0x80])
    );
    for wrong in [
        r#"{"mqtt_topic":"a/b/c"}"#,
        r#"{"mqtt_topic":"a/b/c","data":{}}"#,
        r#"{"mqtt_topic":"a/b/c","data":"?"}"#,
    ] {
        let refused = made(&routing, wrong).unwrap_err();
        assert_eq!(refused, Unroutable::NotBase64(Some("data".to_owned())), "{wrong}");
    }
}

#[test]
fn topics_follow_kafkas_rule() {
    assert!(is_topic("a.B_c-9"));
    assert!(is_topic(&"t".repeat(249)));
    for wrong in ["", ".", "..", "a b", "a/b", "ä", &"t".repeat(250)] {
        assert!(!is_topic(wrong), "{wrong}");
    }
}
