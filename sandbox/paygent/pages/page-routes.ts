import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { FormatError } from '../../../psp/paygent/format-check.ts';
import { asRefusal } from '../answer-error.ts';
import { moveClock } from '../clock.ts';
import { saveContacts } from '../contacts.ts';
import { merchantSchema } from '../merchant.ts';
import type { Portal } from '../portal.ts';
import { parsePortalTime } from '../portal-time.ts';
import { Refusal } from '../refusal.ts';
import { merchantOf } from '../state.ts';
import { renderContacts } from './contact-page.ts';
import { addFilePages } from './file-page-routes.ts';
import { renderFormatErrors } from './file-pages.ts';
import { renderAccountMenu, renderHome } from './home-page.ts';
import { html } from './html.ts';
import { pageUrl, portalCss } from './layout.ts';
import { addPaymentPages } from './payment-page-routes.ts';
import { readValue, readValues, sendPage } from './send-page.ts';

/** What stands below these addresses is for a browser, refusals too. */
const pageRoots = ['/home', '/portal'];

/** The portal as a person sees it: pages without scripts, over the functions of the JSON routes. */
export function addPageRoutes(app: Express, portal: Portal): void {
  app.get('/portal.css', (_request, response) => {
    response.type('css').send(portalCss);
  });
  app.use(pageRoots, express.urlencoded({ extended: false, limit: '2mb', parameterLimit: 20_000 }));
  addHomePages(app, portal);
  app.use('/portal/:merchantId', (request, _response, next) => {
    merchantOf(portal.desk.state, request.params.merchantId);
    next();
  });
  app.get('/portal/:merchantId', (request, response) => {
    const { merchantId } = request.params;
    sendPage(portal, response, {
      title: 'メニュー',
      merchantId,
      body: renderAccountMenu(merchantId),
    });
  });
  addFilePages(app, portal);
  addPaymentPages(app, portal);
  addContactPages(app, portal);
}

function addHomePages(app: Express, portal: Portal): void {
  const { desk, afterChange } = portal;
  app.get('/', (_request, response) => {
    sendPage(portal, response, { title: 'アカウントの選択', body: renderHome(desk.state) });
  });
  app.post('/home/accounts', async (request, response) => {
    const merchantId = readValue(request.body, 'merchantId');
    const parsed = merchantSchema.safeParse({ merchantId });
    if (!parsed.success) {
      throw new Refusal(
        400,
        'unreadable_merchant_id',
        'マーチャントIDは半角英数字・ハイフン・下線の20文字以内で入力してください。',
      );
    }
    // An account that exists keeps its settings.
    if (!desk.state.merchants.has(merchantId)) {
      await desk.inTurn(() => desk.commit({ type: 'merchant', merchant: parsed.data }));
    }
    response.redirect(303, pageUrl(merchantId));
  });
  app.post('/home/clock', async (request, response) => {
    const now = parsePortalTime(readValue(request.body, 'now'), 'from');
    if (now === null) {
      throw new Refusal(
        400,
        'unreadable_instant',
        '時刻を 2026/11/20 10:00 の形で入力してください。',
      );
    }
    await moveClock(desk, now);
    afterChange();
    response.redirect(303, '/');
  });
}

function addContactPages(app: Express, portal: Portal): void {
  const { desk } = portal;
  const title = '加盟店情報管理';
  app.get('/portal/:merchantId/contacts', (request, response) => {
    const { merchantId } = request.params;
    const { contacts } = merchantOf(desk.state, merchantId);
    const notice = 'saved' in request.query ? { text: '変更しました。', isError: false } : null;
    const body = renderContacts(merchantId, contacts, notice);
    sendPage(portal, response, { title, merchantId, body });
  });
  app.post('/portal/:merchantId/contacts', async (request, response) => {
    const { merchantId } = request.params;
    const contacts = readValues(request.body, 'contact');
    try {
      await saveContacts(desk, merchantId, contacts);
      response.redirect(303, `${pageUrl(merchantId, 'contacts')}?saved`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The form comes back with what was typed.
      const body = renderContacts(merchantId, contacts, { text: error.message, isError: true });
      sendPage(portal, response, { title, merchantId, body, status: error.status });
    }
  });
}

/** Shows a refusal of a page as a page; goes behind every route and before the JSON answer. */
export function addPageErrors(app: Express, portal: Portal): void {
  app.use(
    pageRoots,
    (error: unknown, request: Request, response: Response, next: NextFunction): void => {
      if (response.headersSent) {
        next(error);
        return;
      }
      const { status, code, message, details } = asRefusal(error);
      const named = /^\/portal\/([\w-]+)/.exec(request.originalUrl)?.[1];
      const known = portal.desk.state.merchants.has(named ?? '') ? named : undefined;
      const body =
        code === 'format_errors' && known !== undefined
          ? renderFormatErrors(known, details.formatErrors as readonly FormatError[])
          : html`<p class="notice error">${message}</p>
<a class="button" href="${known === undefined ? '/' : pageUrl(known)}">メニューへ戻る</a>`;
      sendPage(portal, response, { title: 'エラー', merchantId: known, body, status });
    },
  );
}
