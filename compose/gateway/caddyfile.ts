/** While this file is there (in the edge's container), every answer is the maintenance page. */
const maintenanceDirectory = '/run/sfp';
const maintenanceFile = 'maintenance';

const unavailable = `header Retry-After 30
		header Content-Type application/problem+json
		respond \`{"type":"about:blank","title":"Maintenance","status":503,"code":"maintenance","detail":"This platform is being updated or is starting.","suggestion":"Try again in half a minute."}\` 503`;

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
