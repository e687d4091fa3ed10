//! A reference to an output of a template must name one that the template has.

use serde_json::Value as Json;

use crate::environment::diagnostic::Diagnostic;
use crate::environment::wording::near_or_list;
use crate::plan::Evaluation;
use crate::schema::DecodeError;

pub(super) fn check(evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) -> Result<(), DecodeError> {
    let resources = &evaluation.declared().resources;
    for (position, resource) in resources.iter().enumerate() {
        for used in evaluation.uses(position) {
            let (Some(target), Some(output)) = (resources.get(used.target), &used.output) else {
                continue;
            };
            let Some(own) = target
                .schema
                .own_outputs()
                .and_then(|word| output.strip_prefix(word)?.strip_prefix('.'))
            else {
                continue;
            };
            let wanted = evaluation.wanted(&target.address)?;
            // Of what is only looked up, or could not be read, nothing is known.
            let Some(template) = wanted.spec.get("template").filter(|template| template.is_object()) else {
                continue;
            };
            let named: Vec<&str> = match template.get("Outputs") {
                Some(Json::Object(outputs)) => outputs.keys().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            if !named.contains(&own) {
                let place = used.at.span(resource, &target.address);
                let message = format!("the template of {} has no output `{own}`", target.address);
                let problem = Diagnostic::at("unknown-output", message, place, "no such output");
                let problem = problem.and_at(target.span, "the resource is declared here");
                problems.push(match named.is_empty() {
                    true => problem.hint("its template has no `Outputs`"),
                    false => problem.hint(near_or_list(own, "output", &named)),
                });
            }
        }
    }
    Ok(())
}
