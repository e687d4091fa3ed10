//! Plans carried out on an imagined cloud, in whatever order the schedule leaves open: what was applied must
//! plan as nothing to do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::invented::ROLE;
use super::invented::STORE;
use super::invented::USER;
use super::*;
use crate::resource::Identity;
use crate::schedule::Schedule;

#[derive(Default)]
struct World {
    objects: BTreeMap<(String, Identity), Seen>,
    made: usize,
    writes: Vec<String>,
}

impl World {
    fn look(&self, evaluation: &Evaluation<'_>, resource: &Resource) -> Live {
        let identity = evaluation.identity(&resource.address).unwrap();
        match self.objects.get(&(resource.address.kind.clone(), identity)) {
            Some(seen) => Live::Present(seen.clone()),
            None => Live::Absent,
        }
    }

    /// In waves, as what is found makes more identities known.
    fn observe(&self, declared: &Declared) -> Observations {
        let mut known = Evaluation::new(declared).unwrap();
        let mut found = Observations::new();
        loop {
            let before = found.clone();
            for resource in &declared.resources {
                let live = self.look(&known, resource);
                if let Live::Present(seen) = &live {
                    known.learn(&resource.address, seen.outputs.clone());
                }
                found.insert(resource.address.clone(), live);
            }
            if found == before {
                return found;
            }
        }
    }

    /// What a cloud makes of a Spec: it chooses, adds, reorders, and gives no secret back.
    fn write(&mut self, evaluation: &Evaluation<'_>, resource: &Resource, spec: &Json, is_new: bool) -> Outputs {
        let mut spec = spec.clone();
        if resource.address.kind == "store" {
            spec["password"] = Json::Null;
            if spec["chosen"].is_null() {
                spec["chosen"] = json!(42);
            }
            spec["members"].as_array_mut().unwrap().reverse();
            if let Some(config) = spec["config"].as_object_mut() {
                config.insert("server".to_owned(), json!("own"));
            }
        }
        let identity = evaluation.identity(&resource.address).unwrap();
        assert_ne!(identity, Identity::Unknown);
        let place = (resource.address.kind.clone(), identity);
        let mut outputs = evaluation.outputs(&resource.address).unwrap().clone();
        self.made += 1;
        let id = match self.objects.get(&place) {
            Some(seen) if !is_new => seen.outputs["id"].clone(),
            _ => format!("i-{}", self.made),
        };
        outputs.insert("id".to_owned(), id);
        let Live::Present(seen) = ours(resource, &spec, &[]) else {
            panic!("made present")
        };
        let outputs_of = outputs.clone();
        self.objects.insert(place, Seen { outputs, ..seen });
        outputs_of
    }
}

/// Plans and applies; `turns` says which of the running nodes ends next.
fn run(declared: &Declared, world: &mut World, mut turns: impl Iterator<Item = usize>) -> Plan {
    let observed = world.observe(declared);
    let mut evaluation = Evaluation::new(declared).unwrap();
    let plan = plan(&mut evaluation, &owner(), &observed, Intent::Converge).unwrap();
    let open = plan.changes.iter().filter(|change| change.action != Action::Keep);
    let mut schedule = Schedule::new(&plan.graph, open.map(|change| change.address.clone()));
    let mut made_anew = BTreeSet::new();
    let mut running = Vec::new();
    loop {
        running.extend(schedule.start_ready());
        if running.is_empty() {
            break;
        }
        let address = running.remove(turns.next().unwrap_or(0) % running.len());
        let resource = declared
            .resources
            .iter()
            .find(|resource| resource.address == address)
            .unwrap();
        let planned = plan.changes.iter().find(|change| change.address == address).unwrap();
        let wanted = evaluation.wanted(&address).unwrap();
        assert_eq!(wanted.unknown, []);
        let live = world.look(&evaluation, resource);
        let change = decide_again(planned, resource, &owner(), &wanted, &live, &made_anew).unwrap();
        let outputs = match change.action {
            Action::Create | Action::Replace => {
                made_anew.insert(address.clone());
                world.write(&evaluation, resource, &wanted.spec, true)
            }
            Action::Update => world.write(&evaluation, resource, &wanted.spec, false),
            Action::Keep => match live {
                Live::Present(seen) => seen.outputs,
                other => panic!("{address} stays {other:?}"),
            },
            other => panic!("{address}: {other:?}"),
        };
        if change.action != Action::Keep {
            world
                .writes
                .push(format!("{:?} {}", change.action, address.name).to_lowercase());
        }
        evaluation.learn(&address, outputs);
        schedule.succeeded(&address);
    }
    assert!(schedule.is_drained());
    plan
}

fn attributes(number: usize, (size, fixed, link, link_kind): (u32, u32, usize, u32)) -> Json {
    let mut made = json!({ "size": size, "fixed": format!("f{fixed}"), "members": ["b", "a"] });
    if number > 0 {
        let target = format!("store.s{}", link % number);
        match link_kind {
            0 => made["text"] = json!(format!("<${{{target}.id}}>")),
            1 => made["target"] = json!(format!("${{{target}.arn}}")),
            2 => made["members"] = json!([format!("${{{target}.id}}"), "x"]),
            3 => made["fixed"] = json!(format!("${{{target}.id}}")),
            _ => made["password"] = json!({ "secret": "env:P" }),
        }
    }
    if size == 1 {
        made["config"] = json!({ "k": "v" });
    }
    made
}

type Shape = (u32, u32, usize, u32);

fn stack(shapes: &[Shape]) -> Declared {
    let mut resources: Vec<Resource> = shapes
        .iter()
        .enumerate()
        .map(|(number, shape)| resource(&STORE, &format!("s{number}"), &attributes(number, *shape)))
        .collect();
    for (number, shape) in shapes.iter().enumerate() {
        let store = format!("${{store.s{number}.arn}}");
        let user = json!({ "store": store, "role": "${aws_iam_role.r.arn}", "size": shape.0 });
        resources.push(resource(&USER, &format!("u{number}"), &user));
    }
    resources.push(resource(
        &ROLE,
        "r",
        &json!({ "trust": "x", "fixed": format!("f{}", shapes[0].1) }),
    ));
    declared(resources)
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    prop::collection::vec((0..3_u32, 0..2_u32, 0..8_usize, 0..5_u32), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_applied_plans_as_nothing_to_do(
        first in shapes(),
        second in shapes(),
        turns in prop::collection::vec(0..8_usize, 40),
    ) {
        let mut world = World::default();
        for shapes in [&first, &second] {
            let declared = stack(shapes);
            run(&declared, &mut world, turns.iter().copied());
            world.writes.clear();
            let again = run(&declared, &mut world, turns.iter().copied());
            prop_assert!(!again.has_changes(), "{:?}", actions(&again));
            prop_assert!(world.writes.is_empty());
        }
    }

    #[test]
    fn the_same_input_gives_the_same_plan(shapes in shapes()) {
        let declared = stack(&shapes);
        let world = World::default();
        let plan_of = || {
            let mut evaluation = Evaluation::new(&declared).unwrap();
            plan(&mut evaluation, &owner(), &world.observe(&declared), Intent::Converge).unwrap()
        };
        prop_assert_eq!(plan_of(), plan_of());
    }
}

#[test]
fn a_foreseen_effect_of_a_replace_that_did_not_happen_is_not_carried_out() {
    let user = resource(&USER, "u", &json!({}));
    let dependency = address(&STORE, "a");
    let declared = declared(vec![user.clone()]);
    let evaluation = Evaluation::new(&declared).unwrap();
    let wanted = evaluation.wanted(&user.address).unwrap();
    let live = ours(&user, &live_spec(&USER, &json!({})), &[]);
    let replaced = Change {
        action: Action::Replace,
        reason: Reason::Replaced {
            dependency: dependency.clone(),
        },
        ..decide(&user, &owner(), &wanted, &live).unwrap()
    };
    let touched = Change {
        action: Action::Update,
        touched_by: vec![dependency.clone()],
        ..replaced.clone()
    };
    for (planned, action) in [(&replaced, Action::Replace), (&touched, Action::Update)] {
        let happened = BTreeSet::from([dependency.clone()]);
        for (made_anew, expected) in [(happened, action), (BTreeSet::new(), Action::Keep)] {
            let again = decide_again(planned, &user, &owner(), &wanted, &live, &made_anew).unwrap();
            assert_eq!(again.action, expected);
        }
    }
}

#[test]
fn an_update_planned_for_an_unknown_stays_out_once_the_value_turns_out_equal() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({})),
    ];
    let declared = declared(resources.to_vec());
    let mut world = World::default();
    run(&declared, &mut world, std::iter::empty());
    world
        .objects
        .retain(|(_, identity), _| *identity != Identity::Name("test-t-b".to_owned()));
    world.writes.clear();
    // The cloud gives the new one the old id.
    world.made = 0;
    let plan = run(&declared, &mut world, std::iter::empty());
    assert_eq!(actions(&plan), ["create b", "update a"]);
    assert_eq!(world.writes, ["create b"]);
}
