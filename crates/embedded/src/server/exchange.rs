//! One HTTP request: read it whole, tell the server's own questions from calls to a cloud, answer or hang up.

use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::Limited;
use hyper::Request;
use hyper::body::Incoming;
use serde_json::json;
use thiserror::Error;

use super::Shared;
use super::admin;
use super::aws;
use super::confluent;
use super::listeners::Front;
use crate::confluent::service::Plane;
use crate::http::Answer;
use crate::http::Raw;

/// Above the largest body that AWS takes here, a function's zip of 50 MB in base64.
const BODY_LIMIT: usize = 80 << 20;

/// The connection closes without an answer.
#[derive(Debug, Error)]
#[error("the connection is cut by the fault plan")]
pub(super) struct HangUp;

pub(super) async fn exchange(shared: Arc<Shared>, front: Front, request: Request<Incoming>) -> Result<Answer, HangUp> {
    let _activity = shared.life.activity();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            return Ok(admin::json_answer(
                413,
                &json!({"message": format!("reading the body: {error}")}),
            ));
        }
    };
    if let Some(path) = head.uri.path().strip_prefix(admin::PREFIX) {
        return Ok(admin::respond(&shared, &head.method, path));
    }
    let raw = Raw {
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        method: head.method,
        headers: head.headers,
        body: body.to_vec(),
    };
    match front {
        Front::Aws => aws::call(&shared, raw).await,
        Front::Confluent => confluent::call(&shared, Plane::Control, raw).await,
        Front::Kafka => confluent::call(&shared, Plane::Kafka, raw).await,
    }
}
