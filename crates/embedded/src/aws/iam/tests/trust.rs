use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::super::Assumability;
use super::super::SERVICE;
use super::super::assumable;
use super::*;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::settings::Delays;
use crate::settings::Settings;
use crate::store::Batch;
use crate::store::Store;

const IOT: &str = "iot.amazonaws.com";
const ARN: &str = "arn:aws:iam::123456789012:role/r";

/// An account without a server, asked as other services ask.
struct Account {
    _folder: TempDir,
    store: Store,
    context: Context,
}

impl Account {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            store: Store::open(folder.path()).unwrap(),
            _folder: folder,
            context: Context::new(1_000_000, &Settings::default()),
        }
    }

    /// With a role `r` that has settled.
    fn with_trust(trust: &Value) -> Self {
        let mut account = Self::new();
        account.call(
            "CreateRole",
            json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()}),
        );
        account.context.now += PROPAGATION;
        account
    }

    fn call(&self, name: &str, parameters: Value) {
        let operation = SERVICE
            .operations
            .iter()
            .find(|operation| operation.name == name)
            .unwrap();
        let request = Request {
            parameters,
            ..Request::default()
        };
        let work = |view: crate::store::View<'_>| {
            let reply = (operation.run)(view, &request, &self.context).unwrap();
            ((), reply.batch)
        };
        self.store.transact(work).unwrap();
    }

    fn ask(&self, arn: &str, service: &str) -> Assumability {
        let work = |view: crate::store::View<'_>| (assumable(view, &self.context, arn, service), Batch::default());
        self.store.transact(work).unwrap().unwrap()
    }
}

fn trust(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn let_in(more: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Service": IOT}, "Action": "sts:AssumeRole"});
    for (key, value) in more.as_object().unwrap() {
        statement[key] = value.clone();
    }
    statement
}

#[test]
fn a_new_role_is_assumable_once_it_has_settled() {
    let mut account = Account::new();
    assert_eq!(account.ask(ARN, IOT), Assumability::NoSuchRole);
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": IOT_TRUST});
    account.call("CreateRole", role);
    assert_eq!(account.ask(ARN, IOT), Assumability::NotYet);
    account.context.now += PROPAGATION - 1;
    assert_eq!(account.ask(ARN, IOT), Assumability::NotYet);
    account.context.now += 1;
    assert_eq!(account.ask(ARN, IOT), Assumability::Yes);
}

#[test]
fn a_changed_trust_policy_settles_anew_and_an_equal_one_does_not() {
    let mut account = Account::with_trust(&serde_json::from_str(IOT_TRUST).unwrap());
    let update = |document: &str| json!({"RoleName": "r", "PolicyDocument": document});
    let other = trust(let_in(&json!({"Principal": {"Service": "lambda.amazonaws.com"}}))).to_string();
    account.call("UpdateAssumeRolePolicy", update(&other));
    assert_eq!(account.ask(ARN, "lambda.amazonaws.com"), Assumability::NotYet);
    account.context.now += PROPAGATION;
    assert_eq!(account.ask(ARN, "lambda.amazonaws.com"), Assumability::Yes);
    assert_eq!(account.ask(ARN, IOT), Assumability::TrustRefuses);
    account.call("UpdateAssumeRolePolicy", update(&other));
    assert_eq!(account.ask(ARN, "lambda.amazonaws.com"), Assumability::Yes);
}

#[test]
fn real_delays_take_ten_seconds() {
    let mut account = Account::new();
    account.context.delays = Delays::Real;
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": IOT_TRUST});
    account.call("CreateRole", role);
    account.context.now += 9_999;
    assert_eq!(account.ask(ARN, IOT), Assumability::NotYet);
    account.context.now += 1;
    assert_eq!(account.ask(ARN, IOT), Assumability::Yes);
}

#[test]
fn a_deleted_role_is_gone_and_made_anew_must_settle() {
    let account = Account::with_trust(&serde_json::from_str(IOT_TRUST).unwrap());
    account.call("DeleteRole", json!({"RoleName": "r"}));
    assert_eq!(account.ask(ARN, IOT), Assumability::NoSuchRole);
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": IOT_TRUST});
    account.call("CreateRole", role);
    assert_eq!(account.ask(ARN, IOT), Assumability::NotYet);
}

#[test]
fn an_arn_is_taken_exactly() {
    let account = Account::with_trust(&serde_json::from_str(IOT_TRUST).unwrap());
    for arn in [
        "arn:aws:iam::123456789012:role/R",
        "arn:aws:iam::123456789012:role/path/r",
        "arn:aws:iam::210987654321:role/r",
        "arn:aws-cn:iam::123456789012:role/r",
        "r",
        "",
        "arn:aws:iam::123456789012:role/",
    ] {
        assert_eq!(account.ask(arn, IOT), Assumability::NoSuchRole, "{arn}");
    }
}

#[test]
fn the_trust_policy_must_name_service_and_action() {
    for (more, expected) in [
        (json!({}), Assumability::Yes),
        (json!({"Action": "STS:Assume*"}), Assumability::Yes),
        (
            json!({"Action": ["sts:TagSession", "sts:assumerole"]}),
            Assumability::Yes,
        ),
        (json!({"Action": "sts:TagSession"}), Assumability::TrustRefuses),
        (
            json!({"Principal": {"Service": ["lambda.amazonaws.com", IOT]}}),
            Assumability::Yes,
        ),
        (
            json!({"Principal": {"Service": "lambda.amazonaws.com"}}),
            Assumability::TrustRefuses,
        ),
        (json!({"Principal": "*"}), Assumability::Yes),
        (json!({"Principal": {"AWS": "*"}}), Assumability::TrustRefuses),
        (json!({"Effect": "Deny"}), Assumability::TrustRefuses),
    ] {
        let account = Account::with_trust(&trust(let_in(&more)));
        assert_eq!(account.ask(ARN, IOT), expected, "{more}");
    }
}

#[test]
fn a_denial_outweighs_what_allows() {
    let both = json!({"Version": "2012-10-17", "Statement": [let_in(&json!({})), let_in(&json!({"Effect": "Deny"}))]});
    assert_eq!(Account::with_trust(&both).ask(ARN, IOT), Assumability::TrustRefuses);
}

#[test]
fn conditions_on_the_source_are_met_by_this_account_only() {
    use Assumability::TrustRefuses;
    use Assumability::Yes;
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}), Yes),
        (
            json!({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}),
            Yes,
        ),
        (json!({"StringEquals": {"aws:SourceAccount": 123_456_789_012_u64}}), Yes),
        (
            json!({"StringEquals": {"aws:SourceAccount": "210987654321"}}),
            TrustRefuses,
        ),
        (json!({"StringLike": {"aws:SourceAccount": "1234*9?12"}}), Yes),
        (json!({"StringLike": {"aws:SourceAccount": "2*"}}), TrustRefuses),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}),
            TrustRefuses,
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:iot:us-east-1:123456789012:rule/*"}}),
            Yes,
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:iot:us-east-1:210987654321:rule/*"}}),
            TrustRefuses,
        ),
        (json!({"StringEquals": {"sts:ExternalId": "x"}}), TrustRefuses),
        (json!({"StringEqualsIfExists": {"sts:ExternalId": "x"}}), Yes),
        (json!({"Null": {"aws:SourceAccount": "true"}}), TrustRefuses),
        (
            json!({"Null": {"aws:SourceAccount": "false", "sts:ExternalId": true}}),
            Yes,
        ),
        (json!({"NumericEquals": {"aws:SourceAccount": "1"}}), TrustRefuses),
        (
            json!({"StringEquals": {"aws:SourceAccount": "123456789012", "sts:ExternalId": "x"}}),
            TrustRefuses,
        ),
    ] {
        let account = Account::with_trust(&trust(let_in(&json!({"Condition": condition}))));
        assert_eq!(account.ask(ARN, IOT), expected, "{condition}");
    }
}

#[tokio::test]
async fn a_role_can_be_named_as_principal_once_it_is_known_even_by_a_new_server() {
    let cloud = Cloud::start().await;
    create(&cloud, "first").await;
    let arn = "arn:aws:iam::123456789012:role/first";
    let document = trust(json!({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"})).to_string();
    let second = [("RoleName", "second"), ("AssumeRolePolicyDocument", document.as_str())];
    let expected = refusal(
        400,
        "MalformedPolicyDocument",
        &format!("Invalid principal in policy: \"AWS\":\"{arn}\""),
    );
    assert_eq!(refused(&cloud, "CreateRole", &second).await, expected);
    let cloud = cloud.restart().await;
    assert_eq!(refused(&cloud, "CreateRole", &second).await, expected);
    cloud.advance(PROPAGATION);
    done(&cloud, "CreateRole", &second).await;
}

#[tokio::test]
async fn principals_that_do_not_exist_are_refused() {
    let cloud = Cloud::start().await;
    create(&cloud, "known").await;
    cloud.advance(PROPAGATION);
    let try_with = async |principal: Value| {
        let document = trust(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}));
        let document = document.to_string();
        iam(
            &cloud,
            "UpdateAssumeRolePolicy",
            &[("RoleName", "known"), ("PolicyDocument", &document)],
        )
        .await
    };
    let own = "arn:aws:iam::123456789012";
    for lawful in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "123456789012"}),
        json!({"AWS": [format!("{own}:root"), format!("{own}:role/known"), format!("{own}:user/embedded")]}),
        json!({"AWS": "arn:aws:sts::123456789012:assumed-role/known/session"}),
        json!({"AWS": "arn:aws:iam::210987654321:role/cannot-be-looked-into"}),
        json!({"Service": [IOT, "delivery.logs.amazonaws.com"]}),
        json!({"Federated": "cognito-identity.amazonaws.com"}),
    ] {
        let answer = try_with(lawful.clone()).await;
        assert_eq!(answer.status, 200, "{lawful}: {answer:?}");
    }
    for wrong in [
        json!({"AWS": format!("{own}:role/none")}),
        json!({"AWS": format!("{own}:role/path/known")}),
        json!({"AWS": format!("{own}:role/*")}),
        json!({"AWS": format!("{own}:user/none")}),
        json!({"AWS": "arn:aws:sts::123456789012:assumed-role/none/session"}),
        json!({"AWS": "arn:aws-cn:iam::210987654321:root"}),
        json!({"AWS": "nobody"}),
        json!({"Service": "iot"}),
        json!({"Service": "iot.example.com"}),
        json!("everyone"),
    ] {
        let answer = try_with(wrong.clone()).await;
        assert_eq!(text(&answer.body, "Code"), Some("MalformedPolicyDocument"), "{wrong}");
        let message = text(&answer.body, "Message").unwrap();
        assert!(message.starts_with("Invalid principal in policy: "), "{message}");
    }
    for unlawful in [json!({}), json!([]), json!({"AWS": []}), json!({"Aws": "*"}), json!(1)] {
        let answer = try_with(unlawful.clone()).await;
        assert_eq!(
            text(&answer.body, "Message"),
            Some("Syntax errors in policy."),
            "{unlawful}"
        );
    }
}
