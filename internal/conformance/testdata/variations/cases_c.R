# Writes corner cases of groups C: Rscript cases_c.R
# R 4.2.2; survey 4.1-1. Weights that differ a thousandfold, missing answers, small samples.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("C_rake_small", "C_trim_huge_2s", "C_nonresp_small_1", "C_calib_logit_exp", "C_calib_noint_small")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
# survey population with corner features
mk <- function(seed, n=120, npsu=24, nst=3, weights="runif", miss=.05, zero=FALSE, fpc=FALSE) { set.seed(seed)
  psu <- rep(1:npsu, length.out=n); psu <- sort(psu); st <- c("n","s","w","a")[(psu-1) %/% (npsu/nst) + 1]
  w <- switch(weights, runif=round(runif(n,5,30),1), huge=c(5000,round(runif(n-1,1,3),2)), exp=rexp(n)*10, one=rep(1,n))
  d <- data.frame(psu=psu, st=st, w=w, age=sample(c("60+","18-34","35-59"),n,TRUE,c(.25,.35,.4)), sex=sample(c("M","F"),n,TRUE), tenure=sample(c("renter","owner"),n,TRUE), x=round(rnorm(n,40,8),1))
  d$q1 <- sample(1:5,n,TRUE); d$score <- round(10+.5*d$x+5*(d$sex=="F")+rnorm(n,0,6),1)
  if (miss>0) { d$q1[runif(n)<miss] <- NA; d$score[runif(n)<miss] <- NA }
  if (zero) d$w[sample(n,4)] <- 0
  if (fpc) { d$N <- c(n=60,s=50,w=40,a=30)[d$st] }
  d }
des0 <- function(d,fpc) if (fpc) svydesign(~psu,strata=~st,weights=~w,fpc=~N,data=d) else svydesign(~psu,strata=~st,weights=~w,data=d)
dj <- function(fpc) { l <- list(ids="psu",strata="st",weight="w",nest=FALSE); if (fpc) l$fpc <- "N"; l }
figures <- function(r,base,vars,by) { f <- as.formula(paste("~",paste(vars,collapse="+")))
  m <- svymean(f, r, na.rm = TRUE); t <- svytotal(f, r, na.rm = TRUE); w <- weights(r)
  est <- function(s) list(estimate = as.list(setNames(as.numeric(coef(s)),vars)), se = as.list(setNames(as.numeric(SE(s)), vars)))
  e <- list(weights=as.numeric(w), g=as.numeric(ifelse(base>0,w/base,1)), sum_weights=sum(w), mean=est(m), total=est(t), kish_deff=sum(w>0)*sum(w^2)/sum(w)^2, n_eff=sum(w)^2/sum(w^2), df=degf(r))
  if (!is.null(by)) { b <- svyby(as.formula(paste("~",vars[1])), as.formula(paste("~",by)), r, svymean, na.rm=TRUE); e$domain_mean <- as.list(setNames(b[[vars[1]]],b[[by]])); e$domain_se <- as.list(setNames(as.numeric(SE(b)),b[[by]])) }
  e }
vars <- c("q1","score")
cfgs <- list(plain=list(), huge=list(weights="huge"), exp=list(weights="exp",seed=3), nomiss=list(miss=0,weights="one"), fpc=list(fpc=TRUE), small=list(n=30,npsu=8,nst=2,seed=11))
for (nm in names(cfgs)) { cf <- cfgs[[nm]]; fpc <- isTRUE(cf$fpc); a <- cf; if (is.null(a$seed)) a$seed <- 7; d <- do.call(mk,a); des <- des0(d,fpc); dsg <- dj(fpc); set.seed(1)
 tot <- colSums(model.matrix(~age+sex+tenure,d)*d$w)*1.2*c(1,1.02,.98,1.03,.97)
 for (fn in c("linear","raking","logit")) { b <- if (fn=="logit") c(.3,4) else NULL
   r <- try1(if (fn=="logit") calibrate(des,~age+sex+tenure,tot,calfun=fn,bounds=b,epsilon=1e-12,maxit=500) else calibrate(des,~age+sex+tenure,tot,calfun=fn,epsilon=1e-12,maxit=500))
   e <- if (is.character(r)) list(converges=FALSE,weights=r) else figures(r,d$w,vars,"tenure")
   out(dir,paste("C_calib",fn,nm,sep="_"),paste0("C.calibrate.",fn),d,c(list(vars=vars,by="tenure",formula="~age+sex+tenure",totals=as.list(tot),calfun=fn),if (fn=="logit") list(bounds=b)),e,design=dsg) }
 for (b in list(c(.9,1.6),c(1.19,1.21))) { r <- try1(calibrate(des,~age+sex+tenure,tot,calfun="linear",bounds=b,epsilon=1e-12,maxit=500)); e <- if (is.character(r)) list(converges=FALSE) else figures(r,d$w,vars,"sex")
   out(dir,paste0("C_calib_bounded_",nm,"_",b[1]),"C.calibrate.linear",d,list(vars=vars,by="sex",formula="~age+sex+tenure",totals=as.list(tot),calfun="linear",bounds=b),e,design=dsg) }
 # numeric, no-intercept, interaction
 tx <- colSums(model.matrix(~0+sex:age+x,d)*d$w)*1.1; r <- try1(calibrate(des,~0+sex:age+x,tx,calfun="linear",epsilon=1e-12)); if (!is.character(r)) out(dir,paste0("C_calib_noint_",nm),"C.calibrate.linear",d,list(vars="score",by=NULL,formula="~0+sex:age+x",totals=as.list(tx),calfun="linear"),figures(r,d$w,"score",NULL),design=dsg)
 # poststratify
 pop <- as.data.frame(xtabs(w~age+tenure,d)); pop$Freq <- round(pop$Freq*runif(nrow(pop),.8,1.4))+1
 r <- try1(postStratify(des,~age+tenure,pop)); e <- if (is.character(r)) list(weights=r) else figures(r,d$w,vars,"sex"); out(dir,paste0("C_post_",nm),"C.poststratify",d,list(vars=vars,by="sex",strata=c("age","tenure"),population=pop),e,design=dsg)
 pop1 <- as.data.frame(xtabs(w~sex,d)); pop1$Freq <- pop1$Freq*c(2,.5); r <- postStratify(des,~sex,pop1); out(dir,paste0("C_post1_",nm),"C.poststratify",d,list(vars=vars,by="age",strata="sex",population=as.list(setNames(pop1$Freq,pop1$sex))),figures(r,d$w,vars,"age"),design=dsg)
 # rake
 M <- lapply(c("age","sex","tenure"),function(v) { p <- as.data.frame(xtabs(as.formula(paste("w~",v)),d)); p$Freq <- p$Freq*runif(nrow(p),.7,1.5); p$Freq <- p$Freq*sum(d$w)*1.1/sum(p$Freq); p })
 r <- try1(rake(des,list(~age,~sex,~tenure),M,control=list(maxit=1000,epsilon=1e-11,verbose=FALSE))); e <- if (is.character(r)) list(weights=r) else figures(r,d$w,vars,"tenure")
 mg <- setNames(lapply(M,function(p) as.list(setNames(p$Freq,p[[1]]))),c("age","sex","tenure"))
 out(dir,paste0("C_rake_",nm),"C.rake",d,list(vars=vars,by="tenure",margins=mg),e,design=dsg)
 r <- try1(rake(des,list(~age,~sex,~tenure),M)); e <- if (is.character(r)) list(weights=r) else {m <- svymean(~x,r); list(mean_x=as.numeric(coef(m)),se_x=as.numeric(SE(m)),weights=as.numeric(weights(r)))}
 out(dir,paste0("C_rake_def_",nm),"C.rake",d,list(margins=mg,epsilon=1,maxit=10),e,design=dsg)
 # trim
 for (s in c(FALSE,TRUE)) for (k in 1:3) { up <- c(quantile(d$w,.9),median(d$w)*1.5,Inf)[k]; lo <- c(-Inf,quantile(d$w,.1),quantile(d$w,.2))[k]
  r <- try1(trimWeights(des,upper=up,lower=lo,strict=s)); e <- if (is.character(r)) list(weights=r) else figures(r,d$w,vars,NULL)
  pr <- list(vars=vars,by=NULL,strict=s); if (is.finite(up)) pr$upper <- as.numeric(up); if (is.finite(lo)) pr$lower <- as.numeric(lo)
  out(dir,paste0("C_trim_",nm,"_",k,if (s) "s"),"C.trim",d,pr,e,design=dsg) }
 # nonresponse
 d$resp <- as.integer(runif(nrow(d))<.7); for (cl in list(c("age","tenure"),"sex")) { k <- interaction(d[cl],sep="|"); W <- tapply(d$w,k,sum); R <- tapply(d$w*d$resp,k,sum); f <- W/R
  wa <- d$w*d$resp*f[as.character(k)]; wa[d$resp==0] <- 0; ok <- d$resp==1 & !is.na(d$score)
  dd <- d; dd$wa <- wa; ds <- svydesign(~psu,strata=~st,weights=~wa,data=dd); if (fpc) ds <- svydesign(~psu,strata=~st,weights=~wa,data=dd,fpc=~N)
  s <- try1(subset(ds,resp==1&!is.na(score))); m <- try1(svymean(~score,s)); tt <- try1(svytotal(~score,s))
  e <- list(class_factor=as.list(setNames(n1(f),names(f))),weights=wa,sum_weights=sum(wa),response_rate_weighted=sum(d$w*d$resp)/sum(d$w))
  if (any(!is.finite(f))) e <- list(weights="R: empty class") else { e$mean <- as.numeric(coef(m)); e$se_fixed_weights <- as.numeric(SE(m)); e$total <- as.numeric(coef(tt)); e$total_se_fixed_weights <- as.numeric(SE(tt))
   th <- c(); fac <- c(); for (p in unique(d$psu)) { h <- d$st[d$psu==p][1]; nh <- length(unique(d$psu[d$st==h])); wr <- ifelse(d$psu==p,0,ifelse(d$st==h,d$w*nh/(nh-1),d$w)); Wr <- tapply(wr,k,sum); Rr <- tapply(wr*d$resp,k,sum); wx <- wr*d$resp*(Wr/Rr)[as.character(k)]; wx[d$resp==0|wr==0] <- 0; th <- c(th,sum(wx[ok]*d$score[ok])/sum(wx[ok])); fac <- c(fac,(nh-1)/nh*(if (fpc) 1-nh/d$N[d$psu==p][1] else 1)) }
   if (!fpc) { e$se_jkn_readjusted <- n1(sqrt(sum(fac*(th-mean(th))^2))); e$se_jkn_readjusted_mse <- n1(sqrt(sum(fac*(th-e$mean)^2))) } }
  out(dir,paste0("C_nonresp_",nm,"_",length(cl)),"C.nonresponse",d,list(respondent="resp",classes=cl,y="score"),e,design=dsg) }
}
