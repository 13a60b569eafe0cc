// A page that waits for an incident opens its board when one begins.
import { onEvent } from "./live.js";
onEvent((kind) => { if (kind === "incident_opened") location.replace("?waits=1"); });
