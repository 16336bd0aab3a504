#!/bin/sh
# The command of stacks/monitoring/alertmanager.yml: writes its configuration, and starts it.
# https://prometheus.io/docs/alerting/latest/configuration/
set -eu

# Print a text as YAML quotes it.
quoted() {
    printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"
}

receivers=
if [ -n "$ADMINS" ] && [ -n "$EMAIL_HOST" ] && [ "$EMAIL_HOST" != off ]; then
    case $EMAIL_USE_TLS in [yYtT1]* | [oO][nN]) tls=true ;; *) tls=false ;; esac
    receivers="
    email_configs:
      - to: $(quoted "$ADMINS")
        from: $(quoted "${DEFAULT_FROM_EMAIL:-noreply@$DOMAIN_NAME}")
        smarthost: $(quoted "$EMAIL_HOST:${EMAIL_PORT:-25}")
        require_tls: $tls
        send_resolved: true"
    if [ -n "$EMAIL_HOST_USER" ]; then
        receivers="$receivers
        auth_username: $(quoted "$EMAIL_HOST_USER")
        auth_password_file: /run/secrets/EMAIL_HOST_PASSWORD"
    fi
fi
if [ -f /run/secrets/ALERT_WEBHOOK_URL ]; then
    receivers="$receivers
    webhook_configs:
      - url_file: /run/secrets/ALERT_WEBHOOK_URL
        send_resolved: true"
fi
if [ -z "$receivers" ]; then
    echo "Nobody would get the alerts: ADMINS or EMAIL_HOST is not set, and there is no secret ALERT_WEBHOOK_URL." >&2
    echo "→ write ADMINS=you@example.com and EMAIL_HOST=... into production.env, or: make secrets" >&2
    exit 1
fi

cat >/tmp/alertmanager.yml <<END
route:
  receiver: operators
  # one message for all containers that have the same problem
  group_by: [alertname]
  group_wait: 15s
  group_interval: 2m
  repeat_interval: 12h
# while nothing answers, nobody needs to know what else is wrong with the answers
inhibit_rules:
  - source_matchers: [alertname = "SiteDown"]
    target_matchers: [alertname =~ "RequestsFail|RequestsSlow|ThreadsBusy"]
  - source_matchers: [alertname = "DatabaseDown"]
    target_matchers: [alertname =~ "RequestsFail|RequestsSlow|ThreadsBusy|JobFailed|MigrationsMissing"]
receivers:
  - name: operators$receivers
END
exec alertmanager --config.file=/tmp/alertmanager.yml --storage.path=/alertmanager --cluster.listen-address=
