# The image of worker, API and migrations: the sources, run by tsx; no build that could be stale.
# The sandbox, the tests and the development dependencies stay out (.dockerignore, --omit=dev).
FROM node:22.23.3-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

# The console is built with what the image itself leaves out.
FROM node:22.23.3-bookworm-slim AS console
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run console:build

FROM node:22.23.3-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY . .
COPY --from=console /app/console/dist ./console/dist
# The workflow bundle is made here: the container runs read-only and starts at once.
RUN node --import tsx --input-type=module --eval " \
  import { createLogger } from './workers/logger.ts'; \
  import { loadWorkflowBundle } from './workers/workflow-bundle.ts'; \
  await loadWorkflowBundle('/app/.tsukigime/bundles', createLogger({ level: 'info', name: 'build' }));"
# Owned by root and read by the user: nothing that runs can change the code.
USER node
EXPOSE 8080
ENTRYPOINT []
CMD ["node", "cli/tsukigime.js", "--help"]
