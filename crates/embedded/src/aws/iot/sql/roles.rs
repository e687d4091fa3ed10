//! The roles that a statement names in calls. IoT tries to assume them as it does those of actions.

use super::Expression;
use super::Item;
use super::Select;
use super::Statement;

/// Functions with an argument that is a role (awsdocs `iot-sql-functions`).
const ROLE_FUNCTIONS: &[&str] = &[
    "get_dynamodb",
    "get_secret",
    "get_thing_shadow",
    "machinelearning_predict",
];

/// ARNs of roles, as often as they are named. One that is put together by operators is not known before a message.
pub(in super::super) fn named_roles(statement: &Statement) -> Vec<&str> {
    let mut roles = Vec::new();
    for (_, expression) in &statement.variables {
        in_expression(expression, &mut roles);
    }
    in_select(&statement.select, &mut roles);
    roles
}

fn in_select<'a>(select: &'a Select, roles: &mut Vec<&'a str>) {
    for Item { what, alias: _ } in &select.items {
        in_expression(what, roles);
    }
    if let Some(condition) = &select.condition {
        in_expression(condition, roles);
    }
}

fn in_expression<'a>(expression: &'a Expression, roles: &mut Vec<&'a str>) {
    match expression {
        Expression::Call { function, arguments } => {
            if ROLE_FUNCTIONS.contains(&function.as_str()) {
                roles.extend(arguments.iter().filter_map(role));
            }
            arguments.iter().for_each(|argument| in_expression(argument, roles));
        }
        Expression::Member(inner, _) | Expression::Unary(_, inner) | Expression::Cast(inner, _) => {
            in_expression(inner, roles);
        }
        Expression::Binary(_, left, right) => {
            in_expression(left, roles);
            in_expression(right, roles);
        }
        Expression::Case(case) => {
            in_expression(&case.subject, roles);
            for (when, then) in &case.branches {
                in_expression(when, roles);
                in_expression(then, roles);
            }
            case.otherwise.iter().for_each(|each| in_expression(each, roles));
        }
        Expression::Array(items) => items.iter().for_each(|item| in_expression(item, roles)),
        Expression::Object(members) => members.iter().for_each(|(_, value)| in_expression(value, roles)),
        Expression::Nested(select) => in_select(select, roles),
        Expression::Star
        | Expression::Null
        | Expression::Boolean(_)
        | Expression::Number(_)
        | Expression::Text(_)
        | Expression::Attribute(_)
        | Expression::Variable(_) => {}
    }
}

fn role(argument: &Expression) -> Option<&str> {
    match argument {
        Expression::Text(text) if text.starts_with("arn:") && text.contains(":role/") => Some(text),
        _ => None,
    }
}
