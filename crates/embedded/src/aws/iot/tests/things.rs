//! The registry of things.
#![allow(clippy::unwrap_used)]

use super::*;

async fn make(cloud: &Cloud, name: &str, attributes: Value) -> Value {
    let input = json!({"attributePayload": {"attributes": attributes}});
    iot(cloud, &format!("POST /things/{name}"), input).await.done()
}

async fn described(cloud: &Cloud, name: &str) -> Value {
    iot(cloud, &format!("GET /things/{name}"), Value::Null).await.done()
}

async fn update(cloud: &Cloud, name: &str, input: Value) -> Answer {
    iot(cloud, &format!("PATCH /things/{name}"), input).await
}

#[tokio::test]
async fn a_thing_is_read_back_with_its_id_and_first_version() {
    let cloud = Cloud::start().await;
    let made = make(&cloud, "eclusa-local", json!({"holder": "ann,host"})).await;
    let arn = "arn:aws:iot:us-east-1:123456789012:thing/eclusa-local";
    assert_eq!(
        (made["thingArn"].as_str(), made["thingName"].as_str()),
        (Some(arn), Some("eclusa-local"))
    );
    assert_eq!(
        described(&cloud, "eclusa-local").await,
        json!({"defaultClientId": "eclusa-local", "thingName": "eclusa-local", "thingArn": arn, "version": 1,
               "thingId": made["thingId"], "attributes": {"holder": "ann,host"}})
    );
}

#[tokio::test]
async fn creating_again_succeeds_only_with_the_same_attributes() {
    let cloud = Cloud::start().await;
    let first = make(&cloud, "t", json!({"a": "1"})).await;
    assert_eq!(make(&cloud, "t", json!({"a": "1"})).await, first);
    let other = json!({"attributePayload": {"attributes": {"a": "2"}}});
    let answer = iot(&cloud, "POST /things/t", other).await;
    assert_eq!(error(&answer), (409, "ResourceAlreadyExistsException"));
    assert_eq!(answer.json()["resourceId"], first["thingId"]);
    assert_eq!(described(&cloud, "t").await["version"], 1);
}

#[tokio::test]
async fn an_update_needs_the_version_it_expects() {
    let cloud = Cloud::start().await;
    make(&cloud, "t", json!({"a": "1"})).await;
    let set = |version: i64| json!({"expectedVersion": version, "attributePayload": {"attributes": {"a": "2"}}});
    for wrong in [0, 2] {
        assert_eq!(
            error(&update(&cloud, "t", set(wrong)).await),
            (409, "VersionConflictException")
        );
    }
    assert_eq!(described(&cloud, "t").await["attributes"], json!({"a": "1"}));
    update(&cloud, "t", set(1)).await.done();
    assert_eq!(
        error(&update(&cloud, "t", set(1)).await),
        (409, "VersionConflictException")
    );
    let now = described(&cloud, "t").await;
    assert_eq!((&now["version"], &now["attributes"]["a"]), (&json!(2), &json!("2")));
}

#[tokio::test]
async fn merging_keeps_what_is_not_named_and_an_empty_value_removes() {
    let cloud = Cloud::start().await;
    make(&cloud, "t", json!({"a": "1", "b": "2"})).await;
    let merged = json!({"attributePayload": {"attributes": {"a": "", "c": "3"}, "merge": true}});
    update(&cloud, "t", merged).await.done();
    assert_eq!(described(&cloud, "t").await["attributes"], json!({"b": "2", "c": "3"}));
    update(&cloud, "t", json!({"attributePayload": {"attributes": {"d": "4"}}}))
        .await
        .done();
    assert_eq!(described(&cloud, "t").await["attributes"], json!({"d": "4"}));
    update(&cloud, "t", json!({})).await.done();
    let now = described(&cloud, "t").await;
    assert_eq!((&now["version"], &now["attributes"]), (&json!(4), &json!({"d": "4"})));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_but_deleted_all_the_same() {
    let cloud = Cloud::start().await;
    for (request, input) in [("GET /things/none", Value::Null), ("PATCH /things/none", json!({}))] {
        let answer = iot(&cloud, request, input).await;
        assert_eq!(error(&answer), (404, "ResourceNotFoundException"), "{request}");
    }
    iot(&cloud, "DELETE /things/none", Value::Null).await.done();
}

#[tokio::test]
async fn a_delete_needs_its_version_and_the_next_thing_of_that_name_has_another_id() {
    let cloud = Cloud::start().await;
    let first = make(&cloud, "t", json!({})).await;
    let stale = iot(&cloud, "DELETE /things/t?expectedVersion=7", Value::Null).await;
    assert_eq!(error(&stale), (409, "VersionConflictException"));
    let wrong = iot(&cloud, "DELETE /things/t?expectedVersion=x", Value::Null).await;
    assert_eq!(error(&wrong), INVALID);
    iot(&cloud, "DELETE /things/t?expectedVersion=1", Value::Null)
        .await
        .done();
    assert_ne!(make(&cloud, "t", json!({})).await["thingId"], first["thingId"]);
    assert_eq!(described(&cloud, "t").await["version"], 1);
}

#[tokio::test]
async fn names_and_attributes_keep_to_their_alphabets_and_numbers() {
    let cloud = Cloud::start().await;
    let refused = [
        ("t%20t".to_owned(), json!({})),
        ("t".repeat(129), json!({})),
        ("t".to_owned(), json!({"a b": "1"})),
        ("t".to_owned(), json!({"": "1"})),
        ("t".to_owned(), json!({"a": "with space"})),
        ("t".to_owned(), json!({"a": "1+1"})),
        ("t".to_owned(), json!({"a": "x".repeat(801)})),
        ("t".to_owned(), json!({"a": "1", "b": "2", "c": "3", "d": "4"})),
    ];
    for (name, attributes) in refused {
        let input = json!({"attributePayload": {"attributes": attributes}});
        let answer = iot(&cloud, &format!("POST /things/{name}"), input).await;
        assert_eq!(error(&answer), INVALID, "{name} {attributes}");
    }
    make(
        &cloud,
        "a:b_c-1",
        json!({"a.,@/:#-_": "z.,@/:#=[]-_".repeat(60), "b": "", "c": "3", "d": "4"}),
    )
    .await;
    let fourth = json!({"attributePayload": {"attributes": {"e": "5"}, "merge": true}});
    assert_eq!(error(&update(&cloud, "a:b_c-1", fourth).await), INVALID);
}

#[tokio::test]
async fn things_are_listed_by_pages_and_by_attribute() {
    let cloud = Cloud::start().await;
    for number in 0..30 {
        let colour = if number % 2 == 0 { "red" } else { "reddish" };
        make(&cloud, &format!("t{number:02}"), json!({"colour": colour})).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let things = page["things"].as_array().unwrap();
        things
            .iter()
            .map(|thing| thing["thingName"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = iot(&cloud, "GET /things", Value::Null).await.done();
    assert_eq!(names(&first).len(), 25);
    let token = first["nextToken"].as_str().unwrap();
    let rest = iot(&cloud, &format!("GET /things?nextToken={token}"), Value::Null)
        .await
        .done();
    assert_eq!(names(&rest), ["t25", "t26", "t27", "t28", "t29"]);
    assert_eq!(rest["nextToken"], Value::Null);
    let count =
        async |query: &str| names(&iot(&cloud, &format!("GET /things?{query}"), Value::Null).await.done()).len();
    assert_eq!(
        count("attributeName=colour&attributeValue=red&maxResults=250").await,
        15
    );
    let prefix = "attributeName=colour&attributeValue=red&usePrefixAttributeValue=true&maxResults=250";
    assert_eq!(count(prefix).await, 30);
    assert_eq!(count("attributeName=size").await, 0);
    for wrong in ["maxResults=251", "maxResults=0", "nextToken=t"] {
        assert_eq!(
            error(&iot(&cloud, &format!("GET /things?{wrong}"), Value::Null).await),
            INVALID,
            "{wrong}"
        );
    }
}
