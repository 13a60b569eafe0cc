"""The doors of the virtual campus behave like doors, also when they are broken."""

from notifier.campus.door_model import DoorModel, LockFault, Output


def test_the_bolt_follows_its_relay_after_its_travel() -> None:
    door = DoorModel(travel=0.12)
    assert door.switch(True, 10.0) is False
    assert door.on(10.0)
    assert door.inputs(10.1) == {0: False}
    assert door.inputs(10.12) == {0: True}
    assert door.switch(True, 11.0) is True


def test_a_lagging_bolt_arrives_late_and_repeating_does_not_start_it_anew() -> None:
    door = DoorModel(travel=3.0)
    door.switch(True, 0.0)
    door.switch(True, 2.0)
    assert not door.secured(2.9)
    assert door.secured(3.0)


def test_a_door_wired_the_other_way_locks_when_its_relay_goes_off() -> None:
    door = DoorModel(secured_when="relay_off", secured_is=False)
    assert door.on(0.0)
    assert door.inputs(0.0) == {0: True}
    door.switch(False, 0.0)
    assert door.inputs(1.0) == {0: False}
    assert door.secured(1.0)


def test_a_jammed_bolt_stays_where_it_is_until_somebody_mends_it() -> None:
    door = DoorModel()
    door.fault = LockFault.JAMMED
    door.switch(True, 0.0)
    assert (door.on(60.0), door.secured(60.0)) == (True, False)
    door.mend(60.0)
    assert door.secured(61.0)


def test_a_bolt_that_jams_in_mid_travel_does_not_arrive() -> None:
    door = DoorModel(travel=1.0)
    door.switch(True, 0.0)
    door.fault = LockFault.JAMMED
    assert not door.secured(5.0)


def test_a_lying_relay_reports_what_it_was_told_and_a_deaf_one_takes_nothing() -> None:
    lying, deaf = DoorModel(), DoorModel()
    lying.fault, deaf.fault = LockFault.LYING, LockFault.DEAF
    for door in (lying, deaf):
        door.switch(True, 0.0)
    assert (lying.on(1.0), lying.secured(1.0)) == (True, False)
    assert (deaf.on(1.0), deaf.secured(1.0)) == (False, False)


def test_a_contact_whose_wire_is_off_says_nothing() -> None:
    door = DoorModel(leaf_input=1)
    door.fault = LockFault.NO_CONTACT
    assert door.inputs(0.0) == {0: None, 1: True}


def test_a_thrown_bolt_beside_an_open_leaf_holds_nothing() -> None:
    door = DoorModel(leaf_input=1)
    door.prop_open()
    door.switch(True, 0.0)
    assert door.thrown(1.0)
    assert door.inputs(1.0) == {0: False, 1: False}
    door.close_leaf()
    assert door.inputs(1.0) == {0: True, 1: True}


def test_a_key_opens_a_locked_door_without_the_relay_knowing() -> None:
    door = DoorModel()
    door.switch(True, 0.0)
    door.turn_key(5.0, lock=False)
    assert (door.on(6.0), door.secured(6.0)) == (True, False)
    door.switch(True, 7.0)
    assert door.secured(8.0)


def test_a_relay_flips_back_when_told_so_and_a_power_cut_forgets_that() -> None:
    strobe = Output()
    strobe.switch(True, 0.0, toggle_after=5.0)
    assert strobe.on(4.9)
    assert not strobe.on(5.0)
    strobe.switch(True, 10.0, toggle_after=5.0)
    strobe.power_returns(12.0)
    assert strobe.on(60.0)


def test_a_timed_relay_moves_its_bolt_when_its_time_came_and_not_when_somebody_looked() -> None:
    door = DoorModel(travel=1.0)
    door.switch(True, 0.0, toggle_after=5.0)
    assert door.secured(4.0)
    assert not door.secured(6.0)


def test_power_returns_as_the_device_is_set_up() -> None:
    door = DoorModel()
    door.switch(True, 0.0)
    door.initial_state = "off"
    door.power_returns(10.0)
    assert not door.secured(11.0)
