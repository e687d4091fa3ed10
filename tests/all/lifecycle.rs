//! Apply, again, edit, undo, destroy.

use crate::world::World;

#[test]
fn the_second_apply_writes_nothing() {
    let world = World::shipped();
    world.ok(&["apply", "local", "--yes"]);
    world.forget_calls();
    let again = world.ok(&["apply", "local", "--yes"]);
    assert!(again.stdout.contains("No changes."), "{}", again.stdout);
    assert_eq!(world.writes(), Vec::<String>::new());
}
