# Writes corner cases of groups D: Rscript cases_d.R
# R 4.2.2; survey 4.1-1. Replicate weights given in the file, and (_made) made by the program itself.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("D_jkn_e_made", "D_jk1_f_made", "D_jknfpc_e_made", "D_brr_b", "D_sub_f")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
res <- function(r,y,x,by) { f <- function(mse) { r$mse <- mse; m <- svymean(reformulate(y),r,na.rm=TRUE); t <- svytotal(reformulate(y),r,na.rm=TRUE)
  q <- try1(svyratio(reformulate(y),reformulate(x),r,na.rm=TRUE)); b <- try1(svyby(reformulate(y),reformulate(by),r,svymean,na.rm=TRUE))
  th <- apply(weights(r,"analysis"),2,function(w) { k <- !is.na(r$variables[[x]]); v <- r$variables[[x]][k]; ww <- w[k]; u <- sort(unique(v)); cw <- cumsum(sapply(u,function(z) sum(ww[v==z])))/sum(ww); u[which(cw>=.5-1e-12)[1]] })
  w0 <- weights(r,"sampling"); k <- !is.na(r$variables[[x]]); v <- r$variables[[x]][k]; ww <- w0[k]; u <- sort(unique(v)); cw <- cumsum(sapply(u,function(z) sum(ww[v==z])))/sum(ww); t0 <- u[which(cw>=.5-1e-12)[1]]
  c0 <- if (mse) t0 else mean(th[r$rscales>0])
  e <- list(mean=n1(coef(m)),mean_se=n1(SE(m)),total=n1(coef(t)),total_se=n1(SE(t)))
  if (!is.character(q)) { e$ratio <- n1(coef(q)); e$ratio_se <- n1(SE(q)) }
  if (!is.character(b)) { e$domain_mean <- as.list(setNames(b[[y]],b[[by]])); e$domain_se <- as.list(setNames(as.numeric(SE(b)),b[[by]])) }
  e$median_x <- t0; e$median_x_se <- sqrt(r$scale*sum(r$rscales*(th-c0)^2)); e }
  list(mse_false=f(FALSE),mse_true=f(TRUE),degf=degf(r)) }
one <- function(name,method,d,des,dsg,r,y="score",x="q1",by="age",cols=TRUE,pars=NULL) { if (is.character(r)) { cat(name,r,"\n"); return() }
  e <- try1(res(r,y,x,by)); if (is.character(e)) { cat(name,e,"\n"); return() }
  W <- as.matrix(weights(r,"analysis")); colnames(W) <- sprintf("rw%03d",seq_len(ncol(W)))
  dd <- if (cols) cbind(d,W) else d
  p <- c(list(y=y,ratio_denominator=x,by=by),pars); if (cols) p <- c(p,list(replicate_weights="columns rw001, rw002, ... (already multiplied by the base weight)",scale=r$scale,rscales=if (length(r$rscales)==1) r$rscales else as.numeric(r$rscales)))
  out(dir,name,method,dd,p,e,design=dsg,tol=list(rel=1e-9,abs=1e-10)) }
mk <- function(seed,psus,n,zero=0,miss=.05) { set.seed(seed); st <- rep(c("n","s","w","a","b")[seq_along(psus)],psus); np <- sum(psus); p <- rep(1:np,each=n); N <- length(p)
  d <- data.frame(psu=p,st=st[p],w=round(runif(N,5,30),2),age=sample(c("60+","18-34","35-59"),N,TRUE),q1=sample(1:5,N,TRUE)); d$score <- round(50+3*d$q1+rnorm(N,0,8),1); d$score[runif(N)<miss] <- NA; if (zero) d$w[sample(N,zero)] <- 0; d }
for (cfg in list(list("a",c(2,2,2,2),4),list("b",c(2,2,2),1,miss=0),list("c",c(2,2,2,2,2),3,zero=3),list("d",c(3,5,2),4),list("e",c(3,5,2),1,miss=0),list("f",c(6,4),5,zero=4),list("g",c(8),3))) {
  nm <- cfg[[1]]; d <- mk(3,cfg[[2]],cfg[[3]],if (is.null(cfg$zero)) 0 else cfg$zero,if (is.null(cfg$miss)) .05 else cfg$miss)
  des <- svydesign(~psu,strata=~st,weights=~w,data=d); dsg <- list(ids="psu",strata="st",weight="w")
  d1 <- svydesign(~psu,weights=~w,data=d); ds1 <- list(ids="psu",weight="w")
  for (cols in c(TRUE,FALSE)) { s <- if (cols) "" else "_made"
   one(paste0("D_jkn_",nm,s),"D.JKn",d,des,dsg,try1(as.svrepdesign(des,type="JKn")),cols=cols)
   one(paste0("D_jk1_",nm,s),"D.JK1",d,d1,ds1,try1(as.svrepdesign(d1,type="JK1")),cols=cols)
   if (all(cfg[[2]]==2)) { one(paste0("D_brr_",nm,s),"D.BRR",d,des,dsg,try1(as.svrepdesign(des,type="BRR")),cols=cols)
     one(paste0("D_fay_",nm,s),"D.Fay",d,des,dsg,try1(as.svrepdesign(des,type="Fay",fay.rho=.3)),cols=cols,pars=if (!cols) list(fay_rho=.3)) } }
  one(paste0("D_sub_",nm),"D.subbootstrap",d,des,dsg,try1(as.svrepdesign(des,type="subbootstrap",replicates=40)))
  one(paste0("D_boot_",nm),"D.bootstrap",d,des,dsg,try1(as.svrepdesign(des,type="bootstrap",replicates=40)))
  # with fpc
  dF <- d; dF$N <- c(n=30,s=12,w=9,a=7,b=5)[dF$st]; nh <- tapply(d$psu,d$st,function(v) length(unique(v))); dF$N <- pmax(dF$N,nh[dF$st]); desF <- svydesign(~psu,strata=~st,weights=~w,fpc=~N,data=dF); dsF <- c(dsg,list(fpc="N"))
  one(paste0("D_jknfpc_",nm),"D.JKn",dF,desF,dsF,try1(as.svrepdesign(desF,type="JKn"))); one(paste0("D_jknfpc_",nm,"_made"),"D.JKn",dF,desF,dsF,try1(as.svrepdesign(desF,type="JKn")),cols=FALSE)
}
