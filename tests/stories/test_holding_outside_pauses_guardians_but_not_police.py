"""One person pauses what goes outside; police, EMS and fire, doors and speakers go on."""

from notifier.testing.story import story


async def test_guardians_wait_until_one_person_resumes_and_police_do_not() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5m10s")
        await campus.person("kim").holds_outside()
        await campus.person("ada").approves_step("guardians")
        await campus.person("kim").writes("role:police", "role:district", text="Use the east gate.")
        await campus.advance("1m")
        campus.phone("Gus").is_silent()
        campus.phone("Officer Diaz").has("Use the east gate.")
        campus.phone("Lee").has_not("Use the east gate.")
        await campus.person("lee").resumes_outside()
        await campus.advance("5s")
        campus.phone("Gus").has("is in lockdown")
        campus.phone("Lee").has("Use the east gate.")


async def test_a_pause_outlives_a_restart() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5m10s")
        await campus.person("kim").holds_outside()
        await campus.person("ada").approves_step("guardians")
        await campus.restarts()
        await campus.advance("1m")
        campus.phone("Gus").is_silent()
        await campus.person("lee").resumes_outside()
        await campus.advance("5s")
        campus.phone("Gus").has("is in lockdown", by="sms", times=1)


async def test_doors_and_speakers_know_nothing_of_a_pause() -> None:
    async with story() as campus:
        campus.door("d7").jams()
        await campus.press("front-office")
        await campus.person("kim").holds_outside()
        await campus.advance("10s")
        campus.door("d7").mends()
        await campus.advance("2m")
        campus.door("d7").is_secured()
        assert len(campus.speaker("north-rooms").said()) >= 2
