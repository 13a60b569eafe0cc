"""The words of the answer page, per language. The directives are stand-ins where a playbook brings none of its own.

Standard Response Protocol words are a mark of The "I Love U Guys" Foundation; its own Spanish wording goes here once
it has been checked in.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = {"en": "English", "es": "Español"}

ACTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "hold": "HOLD", "secure": "SECURE", "lockdown": "LOCKDOWN", "evacuate": "EVACUATE", "shelter": "SHELTER",
        "medical": "MEDICAL", "other": "ALERT",
    },
    "es": {
        "hold": "PERMANECER", "secure": "ASEGURAR", "lockdown": "ENCIERRO", "evacuate": "EVACUAR",
        "shelter": "REFUGIARSE", "medical": "EMERGENCIA MÉDICA", "other": "ALERTA",
    },
}  # fmt: skip

DIRECTIVES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "hold": "In your room or area. Clear the halls.",
        "secure": "Get inside. Lock outside doors.",
        "lockdown": "Locks, lights, out of sight.",
        "evacuate": "Leave the building as you were told.",
        "shelter": "Hazard and safety strategy.",
    },
    "es": {
        "hold": "En su salón o área. Despejar los pasillos.",
        "secure": "Entrar. Cerrar las puertas exteriores.",
        "lockdown": "Cerrar con llave, apagar luces, esconderse.",
        "evacuate": "Salir del edificio como se indicó.",
        "shelter": "Peligro y estrategia de seguridad.",
    },
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "live": "LIVE", "drill": "DRILL", "you_are": "You are", "not_you": "Not you? Say so",
        "safe": "We are SAFE", "safe_alone": "I am SAFE", "safe_more": "door locked, nobody hurt.",
        "safe_more_other": "nobody hurt.", "nobody_hurt": "Nobody hurt.",
        "help": "We NEED HELP", "help_alone": "I NEED HELP", "help_more": "The office sees it at once.",
        "taking_it": "I am taking it", "taking_it_more": "The office sees who goes.",
        "words": "A few words, if you can", "words_hint": "e.g. “2 children from 107 are with me”",
        "no_sound": "This page makes no sound. Turn the screen down.",
        "one_tap": "One tap sends your answer. You can change it.",
        "recorded": "Recorded", "is_safe": "SAFE", "needs_help": "NEEDS HELP", "took_it": "TAKING IT",
        "said_not_me": "Somebody else holds this link", "has_it": "has it", "since": "since",
        "reads": "and reads what you write.", "nobody_has_it": "Nobody has it yet.",
        "office_told": "The office is told.",
        "add_words": "Add a few words", "changed": "What changed?", "send_office": "Send to the office",
        "did_it_change": "Did it change?", "safe_now": "We are SAFE now", "safe_now_alone": "I am SAFE now",
        "stay": "Stay where you are until someone you can check releases your room.",
        "over": "This incident is closed. What you send now is still read.",
        "not_me_title": "Are you somebody else?",
        "not_me_text": "This link belongs to {name}. If you are not {name}, say so: the office then looks for {name}.",
        "not_me_button": "I am not {name}", "go_back": "Go back",
        "not_recorded": "NOT recorded", "try_again": "Send it once more, reply to the message, or call 911.",
        "dead_title": "This link does not lead anywhere",
        "dead_text": "It has ended, or is not complete. Open the newest message again, or tell the office.",
        "card_of": "This is the card of",
        "waiting_title": "Nothing is going on now",
        "waiting_text": "In an emergency or a drill this page asks how the room is. Opening it reports nothing.",
        "call": "In danger? Call 911", "choose": "Choose one of the answers below; nothing was recorded yet.",
        "too_often": "This was not recorded: too many answers came from this link. What is recorded stands. "
        "Send it again in {seconds} s. A first call for help never waits.",
        "help_stands": "Your call for help stands. These words were not recorded: too many came from this link. "
        "Send them again in {seconds} s.",
        "push_ask": "Get messages in this browser too", "push_done": "This browser gets them from now on.",
        "push_failed": "It did not work here. Everything else stays as it is.",
        "push_denied": "This browser was told not to show notifications.",
        "this_one": "You answer for", "also_open": "Also open, answered by its own message:",
        "language": "Language", "real": "Real emergency? Call 911", "practice": "Practice only",
    },
    "es": {
        "live": "REAL", "drill": "SIMULACRO", "you_are": "Usted es", "not_you": "¿No es usted? Avise",
        "safe": "Estamos A SALVO", "safe_alone": "Estoy A SALVO", "safe_more": "puerta cerrada, nadie herido.",
        "safe_more_other": "nadie herido.", "nobody_hurt": "Nadie herido.",
        "help": "PEDIMOS AYUDA", "help_alone": "PIDO AYUDA", "help_more": "La oficina lo ve en seguida.",
        "taking_it": "Yo me encargo", "taking_it_more": "La oficina ve quién va.",
        "words": "Unas palabras, si puede", "words_hint": "p. ej. «2 niños del 107 están conmigo»",
        "no_sound": "Esta página no suena. Baje el brillo.",
        "one_tap": "Un toque envía su respuesta. Puede cambiarla.",
        "recorded": "Anotado", "is_safe": "A SALVO", "needs_help": "PIDE AYUDA", "took_it": "SE ENCARGA",
        "said_not_me": "Otra persona tiene este enlace", "has_it": "se encarga", "since": "desde las",
        "reads": "y lee lo que usted escribe.", "nobody_has_it": "Nadie se encarga todavía.",
        "office_told": "La oficina está avisada.",
        "add_words": "Añada unas palabras", "changed": "¿Qué cambió?", "send_office": "Enviar a la oficina",
        "did_it_change": "¿Cambió algo?", "safe_now": "Ahora estamos A SALVO", "safe_now_alone": "Ahora estoy A SALVO",
        "stay": "Quédese donde está hasta que alguien a quien pueda comprobar libere su salón.",
        "over": "Este incidente está cerrado. Lo que envíe ahora todavía se lee.",
        "not_me_title": "¿Es usted otra persona?",
        "not_me_text": "Este enlace es de {name}. Si usted no es {name}, avise: la oficina buscará a {name}.",
        "not_me_button": "No soy {name}", "go_back": "Volver",
        "not_recorded": "NO anotado", "try_again": "Envíelo otra vez, responda al mensaje o llame al 911.",
        "dead_title": "Este enlace no lleva a ninguna parte",
        "dead_text": "Terminó o no está completo. Abra el mensaje más reciente o avise a la oficina.",
        "card_of": "Esta es la tarjeta de",
        "waiting_title": "Ahora no pasa nada",
        "waiting_text": "En una emergencia o simulacro esta página pregunta por el salón. Abrirla no avisa a nadie.",
        "call": "¿En peligro? Llame al 911", "choose": "Elija una de las respuestas; todavía no se anotó nada.",
        "too_often": "Esto no se anotó: llegaron demasiadas respuestas de este enlace. Lo anotado queda. "
        "Envíelo otra vez en {seconds} s. Pedir ayuda por primera vez nunca espera.",
        "help_stands": "Su pedido de ayuda sigue en pie. Estas palabras no se anotaron: llegaron demasiadas. "
        "Envíelas otra vez en {seconds} s.",
        "push_ask": "Recibir mensajes también en este navegador",
        "push_done": "Este navegador los recibe desde ahora.",
        "push_failed": "Aquí no funcionó. Todo lo demás sigue igual.",
        "push_denied": "A este navegador se le dijo que no muestre avisos.",
        "this_one": "Usted responde a", "also_open": "También abierto, se responde en su propio mensaje:",
        "language": "Idioma", "real": "¿Emergencia real? Llame al 911", "practice": "Solo práctica",
    },
}  # fmt: skip
