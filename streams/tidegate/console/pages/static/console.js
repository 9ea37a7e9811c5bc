// What every page does: times in the viewer's zone, live regions, keys.
import { follow } from "./live.js";
import { bindKeys } from "./keys.js";
import { bindMenu } from "./menu.js";
import { bindQueue } from "./queue.js";
import { bindForms } from "./forms.js";
import { bindPresence } from "./presence.js";
import { keepTimes, localize } from "./times.js";

document.documentElement.classList.add("js");
bindMenu();
bindKeys();
bindQueue();
bindForms();
bindPresence();
localize(document);
keepTimes();
follow();
