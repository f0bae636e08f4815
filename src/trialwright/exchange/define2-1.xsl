<?xml version="1.0" encoding="UTF-8"?>
<!-- Shows a Define-XML 2.1 document as one page. Part of Trialwright (Apache-2.0). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:odm="http://www.cdisc.org/ns/odm/v1.3"
  xmlns:def="http://www.cdisc.org/ns/def/v2.1" xmlns:arm="http://www.cdisc.org/ns/arm/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
  exclude-result-prefixes="odm def arm xlink">
<xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat"/>
<xsl:key name="item" match="odm:ItemDef" use="@OID"/>
<xsl:key name="list" match="odm:CodeList" use="@OID"/>
<xsl:key name="method" match="odm:MethodDef" use="@OID"/>
<xsl:key name="comment" match="def:CommentDef" use="@OID"/>
<xsl:key name="values" match="def:ValueListDef" use="@OID"/>
<xsl:key name="where" match="def:WhereClauseDef" use="@OID"/>
<xsl:key name="leaf" match="def:leaf" use="@ID"/>
<xsl:key name="group" match="odm:ItemGroupDef" use="@OID"/>
<xsl:variable name="version" select="/odm:ODM/odm:Study/odm:MetaDataVersion"/>

<xsl:template match="/">
<html lang="en"><head><meta charset="UTF-8"/><meta name="viewport" content="width=device-width"/>
<title><xsl:value-of select="$version/@Name"/></title>
<style>
body{font:14px/1.45 "Noto Sans",system-ui,sans-serif;margin:0;color:#1c2429}
nav{position:fixed;top:0;bottom:0;left:0;width:15rem;overflow:auto;padding:1rem;background:#f3f6f7;box-sizing:border-box}
nav a{display:block;padding:.1rem 0;color:#0b4f78;text-decoration:none}nav a:hover,a:focus{text-decoration:underline}
main{margin-left:15rem;padding:1rem 1.5rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .3rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}th,td{border-bottom:1px solid #ccd5da;padding:.25rem .5rem;text-align:left;vertical-align:top}
th{background:#e7eef1;font-weight:600}caption{text-align:left;font-weight:600;padding:.3rem 0}a{color:#0b4f78}
.soft{color:#4c5a62}.mark{font-weight:600}code{font-size:.92em}:target{background:#fff6d6}
@media print{nav{display:none}main{margin:0}}
</style></head><body>
<nav aria-label="Contents"><strong><xsl:value-of select="$version/@Name"/></strong>
<a href="#standards">Standards</a><a href="#datasets">Data sets</a>
<xsl:for-each select="$version/odm:ItemGroupDef"><a href="#{@OID}"><xsl:value-of select="@Name"/></a></xsl:for-each>
<xsl:if test="$version/arm:AnalysisResultDisplays"><a href="#results">Results</a></xsl:if>
<a href="#lists">Code lists</a><a href="#methods">Methods</a><xsl:if test="$version/def:CommentDef"><a href="#comments">Comments</a></xsl:if></nav>
<main><h1><xsl:value-of select="/odm:ODM/odm:Study/odm:GlobalVariables/odm:StudyName"/></h1>
<p><xsl:value-of select="/odm:ODM/odm:Study/odm:GlobalVariables/odm:StudyDescription"/></p>
<p class="soft"><xsl:value-of select="$version/@Description"/> Define-XML <xsl:value-of select="$version/@def:DefineVersion"/>, created <xsl:value-of select="/odm:ODM/@CreationDateTime"/>.</p>
<xsl:for-each select="$version/def:AnnotatedCRF/def:DocumentRef|$version/def:SupplementalDoc/def:DocumentRef"><p><xsl:call-template name="document"/></p></xsl:for-each>
<xsl:call-template name="standards"/><xsl:call-template name="groups"/>
<xsl:apply-templates select="$version/odm:ItemGroupDef"/>
<xsl:apply-templates select="$version/arm:AnalysisResultDisplays"/>
<xsl:call-template name="lists"/><xsl:call-template name="methods"/><xsl:call-template name="comments"/>
</main></body></html>
</xsl:template>

<xsl:template name="standards"><h2 id="standards">Standards</h2><table><tr><th>Standard</th><th>Type</th><th>Version</th><th>Status</th></tr>
<xsl:for-each select="$version/def:Standards/def:Standard"><tr><td><xsl:value-of select="concat(@Name,' ',@PublishingSet)"/></td><td><xsl:value-of select="@Type"/></td>
<td><xsl:value-of select="@Version"/></td><td><xsl:value-of select="@Status"/></td></tr></xsl:for-each></table></xsl:template>

<xsl:template name="groups"><h2 id="datasets">Data sets</h2><table><tr><th>Name</th><th>Description</th><th>Class</th><th>Structure</th><th>Keys</th><th>File</th></tr>
<xsl:for-each select="$version/odm:ItemGroupDef"><tr><td><a href="#{@OID}"><xsl:value-of select="@Name"/></a></td><td><xsl:value-of select="odm:Description/odm:TranslatedText"/></td>
<td><xsl:value-of select="def:Class/@Name"/></td><td><xsl:value-of select="@def:Structure"/></td><td><xsl:call-template name="keys"/></td>
<td><a href="{def:leaf/@xlink:href}"><xsl:value-of select="def:leaf/def:title"/></a></td></tr></xsl:for-each></table></xsl:template>

<xsl:template name="keys"><xsl:for-each select="odm:ItemRef[@KeySequence]"><xsl:sort select="@KeySequence" data-type="number"/>
<xsl:if test="position()!=1">, </xsl:if><xsl:value-of select="key('item',@ItemOID)/@Name"/></xsl:for-each></xsl:template>

<xsl:template match="odm:ItemGroupDef"><h2 id="{@OID}"><xsl:value-of select="@Name"/>: <xsl:value-of select="odm:Description/odm:TranslatedText"/></h2>
<table><tr><th>Variable</th><th>Label</th><th>Key</th><th>Type</th><th>Length</th><th>Values</th><th>Origin, method, comment</th></tr>
<xsl:for-each select="odm:ItemRef"><xsl:call-template name="variable"/></xsl:for-each></table>
<xsl:for-each select="odm:ItemRef[key('item',@ItemOID)/def:ValueListRef]"><xsl:apply-templates select="key('values',key('item',@ItemOID)/def:ValueListRef/@ValueListOID)"/></xsl:for-each>
</xsl:template>

<xsl:template name="variable"><xsl:variable name="item" select="key('item',@ItemOID)"/>
<tr id="{@ItemOID}"><td class="mark"><xsl:value-of select="$item/@Name"/></td><td><xsl:value-of select="$item/odm:Description/odm:TranslatedText"/></td>
<td><xsl:value-of select="@KeySequence"/></td><xsl:call-template name="told"><xsl:with-param name="item" select="$item"/></xsl:call-template></tr></xsl:template>

<xsl:template name="told"><xsl:param name="item"/>
<td><xsl:value-of select="$item/@DataType"/></td>
<td><xsl:value-of select="$item/@Length"/><xsl:if test="$item/@SignificantDigits">.<xsl:value-of select="$item/@SignificantDigits"/></xsl:if>
<xsl:if test="$item/@def:DisplayFormat"><br/><xsl:value-of select="$item/@def:DisplayFormat"/></xsl:if></td>
<td><xsl:if test="$item/odm:CodeListRef"><a href="#{$item/odm:CodeListRef/@CodeListOID}"><xsl:value-of select="key('list',$item/odm:CodeListRef/@CodeListOID)/@Name"/></a></xsl:if>
<xsl:if test="$item/def:ValueListRef"><a href="#{$item/def:ValueListRef/@ValueListOID}">by value</a></xsl:if></td>
<td><xsl:for-each select="$item/def:Origin"><xsl:value-of select="@Type"/><xsl:if test="@Source"> (<xsl:value-of select="@Source"/>)</xsl:if>
<xsl:if test="odm:Description"><xsl:text> </xsl:text><xsl:value-of select="odm:Description/odm:TranslatedText"/></xsl:if>
<xsl:for-each select="def:DocumentRef"><xsl:text> </xsl:text><xsl:call-template name="document"/></xsl:for-each></xsl:for-each>
<xsl:if test="@MethodOID"><br/><a href="#{@MethodOID}"><xsl:value-of select="key('method',@MethodOID)/@Name"/></a>: <xsl:value-of select="key('method',@MethodOID)/odm:Description/odm:TranslatedText"/></xsl:if>
<xsl:if test="$item/@def:CommentOID"><br/><xsl:value-of select="key('comment',$item/@def:CommentOID)/odm:Description/odm:TranslatedText"/></xsl:if></td>
</xsl:template>

<xsl:template name="document"><xsl:variable name="leaf" select="key('leaf',@leafID)"/>
<xsl:choose><xsl:when test="def:PDFPageRef"><xsl:value-of select="$leaf/def:title"/>, page
<xsl:call-template name="pages"><xsl:with-param name="rest" select="concat(def:PDFPageRef/@PageRefs,' ')"/><xsl:with-param name="file" select="$leaf/@xlink:href"/></xsl:call-template></xsl:when>
<xsl:otherwise><a href="{$leaf/@xlink:href}"><xsl:value-of select="$leaf/def:title"/></a></xsl:otherwise></xsl:choose></xsl:template>

<xsl:template name="pages"><xsl:param name="rest"/><xsl:param name="file"/>
<xsl:if test="substring-before($rest,' ')"><a href="{$file}#page={substring-before($rest,' ')}"><xsl:value-of select="substring-before($rest,' ')"/></a><xsl:text> </xsl:text>
<xsl:call-template name="pages"><xsl:with-param name="rest" select="substring-after($rest,' ')"/><xsl:with-param name="file" select="$file"/></xsl:call-template></xsl:if></xsl:template>

<xsl:template match="def:ValueListDef"><h3 id="{@OID}"><xsl:value-of select="key('item',odm:ItemRef/@ItemOID)/@Name"/>, value by value</h3>
<table><tr><th>Where</th><th>Type</th><th>Length</th><th>Values</th><th>Origin, method, comment</th></tr>
<xsl:for-each select="odm:ItemRef"><tr><td><xsl:for-each select="def:WhereClauseRef"><xsl:apply-templates select="key('where',@WhereClauseOID)"/></xsl:for-each><br/><span class="soft"><xsl:value-of select="key('item',@ItemOID)/odm:Description/odm:TranslatedText"/></span></td>
<xsl:call-template name="told"><xsl:with-param name="item" select="key('item',@ItemOID)"/></xsl:call-template></tr></xsl:for-each></table></xsl:template>

<xsl:template match="def:WhereClauseDef"><xsl:for-each select="odm:RangeCheck"><xsl:if test="position()!=1"> and </xsl:if>
<code><xsl:value-of select="key('item',@def:ItemOID)/@Name"/><xsl:text> </xsl:text><xsl:value-of select="@Comparator"/>
<xsl:for-each select="odm:CheckValue"><xsl:if test="position()!=1">,</xsl:if><xsl:text> </xsl:text><xsl:value-of select="."/></xsl:for-each></code></xsl:for-each></xsl:template>

<xsl:template match="arm:AnalysisResultDisplays"><h2 id="results">Results</h2>
<xsl:for-each select="arm:ResultDisplay"><h3 id="{@OID}"><xsl:value-of select="@Name"/>: <xsl:value-of select="odm:Description/odm:TranslatedText"/></h3>
<xsl:for-each select="arm:AnalysisResult"><table id="{@OID}"><caption><xsl:value-of select="odm:Description/odm:TranslatedText"/></caption>
<tr><th>Reason, purpose</th><td><xsl:value-of select="concat(@AnalysisReason,'; ',@AnalysisPurpose)"/></td></tr>
<tr><th>Parameter</th><td><xsl:value-of select="key('item',@ParameterOID)/odm:Description/odm:TranslatedText"/></td></tr>
<tr><th>Data</th><td><xsl:for-each select="arm:AnalysisDatasets/arm:AnalysisDataset"><a href="#{@ItemGroupOID}"><xsl:value-of select="key('group',@ItemGroupOID)/@Name"/></a>:
<xsl:for-each select="arm:AnalysisVariable"><xsl:value-of select="key('item',@ItemOID)/@Name"/><xsl:text> </xsl:text></xsl:for-each>
<xsl:for-each select="def:WhereClauseRef">where <xsl:apply-templates select="key('where',@WhereClauseOID)"/></xsl:for-each><br/></xsl:for-each></td></tr>
<tr><th>Method</th><td><xsl:value-of select="arm:Documentation/odm:Description/odm:TranslatedText"/></td></tr>
<xsl:if test="arm:ProgrammingCode"><tr><th>Program</th><td><code><xsl:value-of select="arm:ProgrammingCode/@Context"/>: <xsl:value-of select="arm:ProgrammingCode/arm:Code"/></code></td></tr></xsl:if></table></xsl:for-each></xsl:for-each></xsl:template>

<xsl:template name="lists"><h2 id="lists">Code lists</h2><xsl:for-each select="$version/odm:CodeList"><table id="{@OID}"><caption><xsl:value-of select="@Name"/>
<xsl:if test="odm:Alias"> (<xsl:value-of select="odm:Alias/@Name"/>)</xsl:if></caption><tr><th>Value</th><th>Meaning</th><th>Concept</th></tr>
<xsl:for-each select="odm:CodeListItem|odm:EnumeratedItem"><tr><td><xsl:value-of select="@CodedValue"/></td><td><xsl:value-of select="odm:Decode/odm:TranslatedText"/></td>
<td><xsl:value-of select="odm:Alias/@Name"/><xsl:if test="@def:ExtendedValue"> added by the sponsor</xsl:if></td></tr></xsl:for-each>
<xsl:for-each select="odm:ExternalCodeList"><tr><td colspan="3"><xsl:value-of select="concat(@Dictionary,' ',@Version)"/></td></tr></xsl:for-each></table></xsl:for-each></xsl:template>

<xsl:template name="methods"><h2 id="methods">Methods</h2><table><tr><th>Method</th><th>How</th><th>Program</th></tr>
<xsl:for-each select="$version/odm:MethodDef"><tr id="{@OID}"><td><xsl:value-of select="@Name"/></td><td><xsl:value-of select="odm:Description/odm:TranslatedText"/></td>
<td><code><xsl:value-of select="odm:FormalExpression"/></code></td></tr></xsl:for-each></table></xsl:template>

<xsl:template name="comments"><xsl:if test="$version/def:CommentDef"><h2 id="comments">Comments</h2><table>
<xsl:for-each select="$version/def:CommentDef"><tr id="{@OID}"><td><xsl:value-of select="odm:Description/odm:TranslatedText"/></td></tr></xsl:for-each></table></xsl:if></xsl:template>
</xsl:stylesheet>
