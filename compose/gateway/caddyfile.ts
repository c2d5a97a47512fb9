import { maintenanceProblem, maintenanceRetryAfter } from '../../stack/maintenance/problem.ts';

/** While this file is there (in the edge's container), every answer is the maintenance page. */
const maintenanceDirectory = '/run/sfp';
const maintenanceFile = 'maintenance';

/** Caddy's own id of the request, filled in as it answers. The braces of the JSON around it are nothing to Caddy. */
const requestId = '{http.request.uuid}';

const unavailable = `header Retry-After ${maintenanceRetryAfter}
		header Content-Type application/problem+json
		header Cache-Control no-store
		header X-Request-Id ${requestId}
		header Access-Control-Allow-Origin *
		header Access-Control-Expose-Headers "Retry-After, X-Request-Id"
		respond \`${JSON.stringify(maintenanceProblem(requestId))}\` 503`;

/** What the edge runs on: TLS by itself, everything to the gateway, 503 with Retry-After while that is away. */
export const caddyfile = (domain: string): string => `{
	admin off
}

${domain} {
	encode zstd gzip
	header {
		Strict-Transport-Security "max-age=31536000"
		X-Content-Type-Options nosniff
		-Server
		-Via
	}

	@maintenance file {
		root ${maintenanceDirectory}
		try_files /${maintenanceFile}
	}
	handle @maintenance {
		${unavailable}
	}
	handle {
		reverse_proxy kong:8000
	}

	handle_errors {
		@unavailable expression {err.status_code} in [502, 503, 504]
		handle @unavailable {
			${unavailable.replaceAll('\n', '\n\t')}
		}
	}
}

http://127.0.0.1:2015 {
	bind 127.0.0.1
	respond 200
}
`;
