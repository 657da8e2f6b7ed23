# Writes corner cases of groups E (survey): Rscript cases_es.R
# R 4.2.2; survey 4.1-1. Robust survey mean and regression written out from the formulas of the notes in the reference set; design errors by survey.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("E_survey_mean_c", "E_survey_reg_a")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
wmed <- function(x,w) { u <- sort(unique(x)); ww <- sapply(u,function(v) sum(w[x==v])); cw <- cumsum(ww)/sum(ww); i <- which(cw>=.5-1e-12)[1]; if (abs(cw[i]-.5)<1e-12) (u[i]+u[i+1])/2 else u[i] }
wmad <- function(r,w) 1.482602*wmed(abs(r-wmed(r,w)),w)
hub <- function(k) function(r) ifelse(abs(r)<=k,1,k/abs(r)); tuk <- function(k) function(r) ifelse(abs(r)<k,(1-(r/k)^2)^2,0)
dpsi <- function(kind,k) if (kind=="h") function(r) as.numeric(abs(r)<=k) else function(r) ifelse(abs(r)<k,(1-(r/k)^2)*(1-5*(r/k)^2),0)
wreg <- function(X,y,w,psiw,v=rep(1,length(y))) { b <- solve(crossprod(X,w/v*X),crossprod(X,w/v*y)); for (i in 1:5000) { r <- as.numeric(y-X%*%b)/sqrt(v); s <- wmad(r,w); u <- psiw(r/s); q <- w*u/v; b2 <- solve(crossprod(X,q*X),crossprod(X,q*y)); if (sqrt(sum((b2-b)^2))<1e-14*max(1,sqrt(sum(b^2)))) {b <- b2; break}; b <- b2 }; r <- as.numeric(y-X%*%b)/sqrt(v); s <- wmad(r,w); list(b=as.numeric(b),s=s,u=psiw(r/s),r=r) }
dse <- function(des,z) as.numeric(SE(svytotal(~z_,update(des,z_=z/weights(des)))))
mk <- function(seed,n,w="runif",fpc=FALSE) { set.seed(seed); p <- sort(rep(1:12,length.out=n)); d <- data.frame(psu=p,id=1:n,st=c("a","b","c")[(p-1)%/%4+1],w=if (w=="runif") round(runif(n,5,30),1) else round(rexp(n)*20+.5,2),q=sample(1:5,n,TRUE),g=sample(c("x","y","z"),n,TRUE)); d$y <- round(50+6*d$q+rnorm(n,0,6)-ifelse(runif(n)<.08,45,0),1); d$N1 <- 30; d$N2 <- ave(d$id,d$psu,FUN=length)+4; d }
for (cfg in list(list("a",60,"runif"),list("b",150,"exp"),list("c",40,"exp"),list("d",90,"runif"))) { d <- mk(8,cfg[[2]],cfg[[3]]); two <- cfg[[1]] %in% c("b","d")
 des <- if (two) svydesign(~psu+id,strata=~st,fpc=~N1+N2,weights=~w,data=d) else svydesign(~psu,strata=~st,weights=~w,data=d)
 dsg <- if (two) list(ids=c("psu","id"),strata="st",fpc=c("N1","N2"),weight="w") else list(ids="psu",strata="st",weight="w")
 w <- d$w; y <- d$y; one <- matrix(1,length(y),1); e <- list()
 for (k in c(1.345,2,3)) { m <- wreg(one,y,w,hub(k)); e[[paste0("huber_rwm_k",k)]] <- list(estimate=m$b,se=dse(des,m$u*(y-m$b)*w/sum(w)),scale=m$s,robweights=m$u)
  e[[paste0("huber_total_rwm_k",k)]] <- list(estimate=m$b*sum(w),se=dse(des,m$u*y*w),scale=m$s)
  x <- mean(w)/w; m <- wreg(matrix(x),y,w,hub(k),v=x); e[[paste0("huber_rht_k",k)]] <- list(estimate=m$b,scale=m$s,robweights=m$u) }
 m <- wreg(one,y,w,tuk(4.685)); e$tukey_rwm_k4.685 <- list(estimate=m$b,se=dse(des,m$u*(y-m$b)*w/sum(w)),scale=m$s,robweights=m$u)
 pm <- svymean(~y,des); e$plain_mean <- list(estimate=list(y=as.numeric(coef(pm))),se=list(y=as.numeric(SE(pm))),df=degf(des))
 out(dir,paste0("E_survey_mean_",cfg[[1]]),"E.robust_survey_mean",d,list(y="y"),e,design=dsg)
 X <- model.matrix(~q+g,d); e <- list(); for (z in list(c("huberM","h",1.345),c("tukeyM","t",4.685),c("huberM","h",2))) { k <- as.numeric(z[3]); m <- wreg(X,y,w,if (z[2]=="h") hub(k) else tuk(k)); A <- solve(crossprod(X,w*dpsi(z[2],k)(m$r/m$s)*X)); S <- (w*m$u*m$r*X)%*%A; se <- sapply(1:ncol(X),function(j) dse(des,S[,j]))
  e[[paste0(z[1],"_k",k)]] <- list(coef=as.list(setNames(m$b,colnames(X))),se=as.list(setNames(se,colnames(X))),scale=m$s,robweights=m$u) }
 out(dir,paste0("E_survey_reg_",cfg[[1]]),"E.robust_survey_regression",d,list(formula="y~q+g"),e,design=dsg) }
