"""What office and police are told when a presser says that it was a mistake."""

from notifier.model.playbook import Notify

NOT_CONFIRMED = Notify(
    to=("role:police", "role:office", "role:principal"),
    by=("sms", "push", "email"),
    message={
        "en": "{{site}}: the {{action}} of {{time}} may be a mistake. NOT CONFIRMED. "
        "Doors stay locked. Incident {{incident}}.",
        "es": "{{site}}: {{action}} de {{time}} puede ser un error. SIN CONFIRMAR. Incidente {{incident}}.",
    },
)
